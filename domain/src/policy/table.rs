//! The policy: every operation, and who may do it. `docs/access.md` shows it as a table, and a test holds the two together.

use super::operation::{Rule, Those, operations, who};
use crate::value::{Role, Scope};

operations! {
    // Those who watch the process are answered whatever they show.
    ReadHealth            "health.read"            "Whether the process is alive."                                  [by_itself];
    ReadReadiness         "readiness.read"         "Whether commands and queries can be answered."                  [by_itself];
    ReadMetrics           "metrics.read"           "The process' metrics, as Prometheus reads them."                [by_itself];

    // The documents of this interface.
    ReadOpenApi           "openapi.read"           "This interface, as OpenAPI 3.1."                                [anybody];
    ListProblems          "problems.list"          "Every kind of problem."                                         [anybody];
    ReadProblem           "problems.read"          "One kind of problem: what it means and what to do."             [anybody];

    // The catalogue is open; what is not for sale is for those who keep it.
    ListProducts          "products.list"          "Browse, filter, sort and search products."                     [anybody];
    ReadProduct           "products.read"          "One product."                                                   [anybody];
    ReadUnpublished       "products.read_unpublished" "Products that are not for sale."                             [any(Merchandiser) scopes(CatalogWrite)];
    CreateProduct         "products.create"        "Create a product."                                              [any(Merchandiser) scopes(CatalogWrite)];
    ReviseProduct         "products.revise"        "Change what is said about a product."                           [any(Merchandiser) scopes(CatalogWrite)];
    PublishProduct        "products.publish"       "Put a product on sale."                                         [any(Merchandiser) scopes(CatalogWrite)];
    UnpublishProduct      "products.unpublish"     "Take a product off sale."                                       [any(Merchandiser) scopes(CatalogWrite)];
    AddVariant            "variants.add"           "Add a variant to a product."                                    [any(Merchandiser) scopes(CatalogWrite)];
    ReviseVariant         "variants.revise"        "Change what is said about a variant."                           [any(Merchandiser) scopes(CatalogWrite)];
    DiscontinueVariant    "variants.discontinue"   "Sell a variant no more."                                        [any(Merchandiser) scopes(CatalogWrite)];
    SetPrice              "prices.set"             "Set the price of a variant in a currency."                      [any(Merchandiser) scopes(CatalogWrite)];

    // Stock.
    ListStock             "stock.list"             "Stock items, the scarcest first."                               [any(Warehouse) scopes(StockRead)];
    ReadStock             "stock.read"             "A SKU's stock."                                                 [any(Warehouse) scopes(StockRead)];
    ListReservations      "reservations.list"      "What holds a SKU's units."                                      [any(Warehouse) scopes(StockRead)];
    ReceiveStock          "stock.receive"          "Goods came in."                                                 [any(Warehouse) scopes(StockWrite)];
    AdjustStock           "stock.adjust"           "The count was wrong."                                           [any(Warehouse) scopes(StockWrite)];

    // Orders: one's own, or any. The warehouse reads what it is to ship.
    PlaceOrder            "orders.place"           "Place an order: it and the stock of every line, or nothing."    [own(Customer) scopes(OrdersChannel OrdersWrite)];
    PlaceSoldOrder        "orders.place_sold"      "State whose an order is, when and where it was sold, what was paid." [scopes(OrdersChannel)];
    ListOrders            "orders.list"            "Orders, the latest first."                                      [own(Customer) any(Support Warehouse) scopes(OrdersRead)];
    ReadOrder             "orders.read"            "One order with its derived totals and statuses."                [own(Customer) any(Support Warehouse) scopes(OrdersRead)];
    ReadTimeline          "orders.timeline"        "Every event of an order and its payment: who, what, when, why." [own(Customer) any(Support) scopes(OrdersRead)];
    CancelOrder           "orders.cancel"          "Cancel an order, or units that have not left."                  [own(Customer) any(Support) scopes(OrdersWrite)];
    RequestReturn         "returns.request"        "Announce units that come back."                                 [own(Customer) any(Support) scopes(OrdersWrite)];
    AddNote               "orders.note"            "Say something about an order."                                  [any(Support) scopes(OrdersWrite)];
    RejectOrder           "orders.reject"          "An order cannot be had; its stock is released."                 [any(Support) scopes(OrdersWrite)];
    ConfirmOrder          "orders.confirm"         "Say that an order's money is there; its stock is committed."    [any(Finance) scopes(PaymentsWrite)];
    ShipOrder             "orders.ship"            "Units leave."                                                   [any(Warehouse) scopes(OrdersFulfil)];
    RecordDelivery        "shipments.deliver"      "A shipment has arrived."                                        [any(Warehouse) scopes(OrdersFulfil)];
    CompleteOrder         "orders.complete"        "Nothing is left to do for an order."                            [any(Support Warehouse) scopes(OrdersFulfil)];
    ReceiveReturn         "returns.receive"        "Units came back."                                               [any(Warehouse) scopes(OrdersFulfil)];
    DeclineReturn         "returns.decline"        "Units may not come back, or did not."                           [any(Support Warehouse) scopes(OrdersFulfil)];

    // Money.
    ReadPayment           "payments.read"          "One payment, with every request to its gateway."                [own(Customer) any(Support Finance) scopes(PaymentsRead)];
    CapturePayment        "payments.capture"       "Take money that is held."                                       [any(Finance) scopes(PaymentsWrite)];
    VoidPayment           "payments.void"          "Let go of money that is held."                                  [any(Finance) scopes(PaymentsWrite)];
    RefundPayment         "payments.refund"        "Give money back, up to the limit of `support_refund_max`."      [any(Support Finance) scopes(PaymentsWrite)];
    RefundAnyAmount       "payments.refund_any_amount" "Give money back above that limit."                          [any(Finance) scopes(PaymentsWrite)];
    ReceiveWebhook        "gateways.webhook"       "A gateway tells what happened, by its signature."               [by_itself];
    ReadSandboxPage       "pages.sandbox"          "The built-in gateway's page, on which a customer approves a payment." [by_itself];
    SubmitSandboxPage     "pages.sandbox.submit"   "What that page sends."                                          [by_itself];
    ListLedgerAccounts    "ledger.accounts"        "Every account of the books with its balance."                   [any(Finance Auditor) scopes(LedgerRead)];
    ListLedgerEntries     "ledger.entries"         "Entries of the books, the latest first."                        [any(Finance Auditor) scopes(LedgerRead)];
    ReadTrialBalance      "ledger.trial_balance"   "The sum of each account, and of all of them."                   [any(Finance Auditor) scopes(LedgerRead)];
    ReadSales             "sales.read"             "What was sold, by time, category, SKU or channel."              [any(Merchandiser Finance) scopes(SalesRead)];

    // The journal, and what runs behind it.
    ListEvents            "events.list"            "Events, in the order of their positions."                       [any(Auditor) scopes(EventsRead)];
    ReadStream            "streams.read"           "The events of one stream."                                      [any(Auditor) scopes(EventsRead)];
    ListProjections       "projections.list"       "How far the query tables are."                                  [any(Operator) scopes(OperationsRead)];
    ReadProjection        "projections.read"       "How far one projection is."                                     [any(Operator) scopes(OperationsRead)];
    ListAttention         "attention.list"         "What a person has to look at."                                  [any(Operator) scopes(OperationsRead)];
    DecideAttention       "attention.decide"       "Settle what no policy could."                                   [any(Operator) scopes(OperationsWrite)];

    // Coming in. A mailed link proves itself; so do a refresh token, a client's secret and a code.
    RegisterAccount       "accounts.register"      "Make an account."                                               [anybody];
    VerifyEmail           "accounts.verify_email"  "Confirm an e-mail address by the mailed link."                  [by_itself];
    ResendVerification    "accounts.resend_verification" "Have that link mailed again."                             [anybody];
    StartSession          "sessions.start"         "Log in."                                                        [anybody];
    RequestPasswordReset  "password_resets.request" "Have a link for a new password mailed."                        [anybody];
    ResetPassword         "password_resets.complete" "Choose a new password by the mailed link."                    [by_itself];
    ReadVerifyPage        "pages.verify"           "The page that a mailed link to verify an address opens."        [by_itself];
    SubmitVerifyPage      "pages.verify.submit"    "What that page sends."                                          [by_itself];
    ReadResetPage         "pages.reset"            "The page that a mailed link for a new password opens."          [by_itself];
    SubmitResetPage       "pages.reset.submit"     "What that page sends."                                          [by_itself];

    // One's own account. What needs the password is not lent to programs.
    ReadOwnAccount        "accounts.read_own"      "One's own account."                                             [own(Customer) granted(AccountRead)];
    ReviseOwnAccount      "accounts.revise_own"    "Change one's own name, telephone number or address."            [own(Customer) granted(AccountWrite)];
    EraseOwnAccount       "accounts.erase_own"     "Have one's own account forgotten."                              [own(Customer)];
    ChangePassword        "accounts.change_password" "Change one's own password."                                   [own(Customer)];
    EnrolTotp             "totp.enrol"             "Begin to use a second factor."                                  [own(Customer)];
    ConfirmTotp           "totp.confirm"           "Show the second factor's first code."                           [own(Customer)];
    RemoveTotp            "totp.remove"            "Do without the second factor."                                  [own(Customer)];
    RenewRecoveryCodes    "totp.recovery_codes"    "New recovery codes in place of the old ones."                   [own(Customer)];
    ListSessions          "sessions.list"          "Where one is logged in."                                        [own(Customer) granted(AccountRead)];
    EndCurrentSession     "sessions.end_current"   "Log out."                                                       [own(Customer) granted(AccountWrite)];
    EndSession            "sessions.end"           "End one of one's own sessions."                                 [own(Customer) granted(AccountWrite)];
    EndAllSessions        "sessions.end_all"       "Log out everywhere."                                            [own(Customer) granted(AccountWrite)];

    // Other people's accounts.
    ListAccounts          "accounts.list"          "Accounts, or the one with an e-mail address."                   [any(Support Owner) scopes(AccountsRead)];
    ReadAccount           "accounts.read"          "One account."                                                   [any(Support Owner) scopes(AccountsRead)];
    LockAccount           "accounts.lock"          "Lock an account."                                               [any(Owner) scopes(AccountsWrite)];
    UnlockAccount         "accounts.unlock"        "Take an account's lock off."                                    [any(Owner) scopes(AccountsWrite)];
    EraseAccount          "accounts.erase"         "Have an account forgotten, at the person's wish."               [any(Owner) scopes(AccountsWrite)];
    GrantRole             "roles.grant"            "Give an account a role."                                        [any(Owner) scopes(AccountsWrite)];
    RevokeRole            "roles.revoke"           "Take a role from an account."                                   [any(Owner) scopes(AccountsWrite)];

    // Programs.
    RegisterClient        "clients.register"       "Register a client."                                             [any(Owner) scopes(ClientsWrite)];
    ListClients           "clients.list"           "Clients."                                                       [any(Owner) scopes(ClientsRead)];
    ReadClient            "clients.read"           "One client."                                                    [any(Owner) scopes(ClientsRead)];
    RotateClientSecret    "clients.rotate_secret"  "Give a client a new secret."                                    [any(Owner) scopes(ClientsWrite)];
    ChangeClientScopes    "clients.change_scopes"  "Change what a client may ask for."                              [any(Owner) scopes(ClientsWrite)];
    DisableClient         "clients.disable"        "Let a client do nothing any more, for ever."                    [any(Owner) scopes(ClientsWrite)];

    // OAuth 2.1 and what describes it.
    ReadAuthorizePage     "oauth.authorize"        "Ask a person to log in and to let a client in (RFC 6749, 3.1)." [by_itself];
    SubmitAuthorizePage   "oauth.authorize.submit" "What that page sends."                                          [by_itself];
    ExchangeToken         "oauth.token"            "A code, a refresh token or a secret for an access token (RFC 6749, 3.2)." [by_itself];
    RevokeToken           "oauth.revoke"           "Give a token back (RFC 7009)."                                  [by_itself];
    IntrospectToken       "oauth.introspect"       "What a token is (RFC 7662)."                                    [by_itself];
    ReadOpenIdConfiguration "discovery.openid"     "Where everything is, as OpenID Connect Discovery has it."       [anybody];
    ReadServerMetadata    "discovery.oauth"        "Where everything is (RFC 8414)."                                [anybody];
    ReadKeys              "keys.read"              "The keys that access tokens are signed with (RFC 7517)."        [anybody];
}

impl Operation {
    /// The operation within which this one is asked for, where it has no route of its own: what a request says may need more
    /// than the request itself.
    #[must_use]
    pub const fn within(self) -> Option<Self> {
        match self {
            Self::ReadUnpublished => Some(Self::ListProducts),
            Self::PlaceSoldOrder => Some(Self::PlaceOrder),
            Self::RefundAnyAmount => Some(Self::RefundPayment),
            _ => None,
        }
    }

    /// The operation of this name.
    #[must_use]
    pub fn find(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|one| one.as_str() == name)
    }
}
