//! Every problem that a client may meet: one table of code, status, title and explanation.
//!
//! Clients switch on the codes, so a released one never changes. The table is the only place that
//! names them; what is not in it cannot be sent, so every code has its page at `/problems/{code}`.

use http::StatusCode;

macro_rules! problem_codes {
    ($($name:ident $status:ident $code:literal $title:literal $page:literal)+) => {
        /// A kind of problem, stable for ever.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum Code {
            $(#[doc = $title] $name),+
        }

        impl Code {
            /// Every code.
            pub const ALL: &'static [Self] = &[$(Self::$name),+];

            /// As clients see it.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$name => $code),+ }
            }

            /// The status that it is answered with.
            #[must_use]
            pub const fn status(self) -> StatusCode {
                match self { $(Self::$name => StatusCode::$status),+ }
            }

            /// What it is, in a few words that are the same each time.
            #[must_use]
            pub const fn title(self) -> &'static str {
                match self { $(Self::$name => $title),+ }
            }

            /// What it means and what to do, for its page.
            #[must_use]
            pub const fn explanation(self) -> &'static str {
                match self { $(Self::$name => $page),+ }
            }
        }
    };
}

problem_codes! {
    MalformedRequest BAD_REQUEST "malformed-request" "The request cannot be read"
        "The body is not the JSON that this route takes (syntax, an unknown or missing field, a wrong type), or a header, a \
         query parameter or its value makes no sense. `errors` names the place: a JSON pointer into the body, `?name` for a \
         query parameter, `header:Name` for a header. Nothing was changed. Correct the request; sending it again as it is \
         gives the same answer."
    IdempotencyKeyMissing BAD_REQUEST "idempotency-key-missing" "The request needs an Idempotency-Key"
        "Every POST carries the header `Idempotency-Key`: 1 to 255 visible ASCII characters, chosen by the client, a new one \
         for each thing that it wants done (a random UUID is good). If no answer arrives, send the same request with the \
         same key again: it takes effect at most once and gives the same answer. A request that was refused is not \
         remembered; its key may be used again."
    InvalidCursor BAD_REQUEST "invalid-cursor" "The cursor is not one that this list gave out"
        "`after` and `before` take the cursors that the list itself answered with (`next`, `previous`, or the links in the \
         header `Link`), for the same list in the same order. Start again without a cursor."
    InvalidSignature BAD_REQUEST "invalid-signature" "The signature does not fit"
        "A gateway's webhook carries a signature over its raw bytes in the header `Stripe-Signature` or `Daybook-Signature`, \
         made with the secret that both sides know, no longer than five minutes ago. This one has none, or one that does \
         not fit the bytes or the time. Nothing was recorded. Check the secret in the configuration, and that nothing on \
         the way changes the body."
    AuthenticationRequired UNAUTHORIZED "authentication-required" "Authentication is required"
        "The route needs the header `Authorization: Bearer TOKEN` with a token that this server accepts; there was none, or \
         it was another."
    InvalidCredentials UNAUTHORIZED "invalid-credentials" "The e-mail address, the password or the code is not right"
        "There is no account with this address and this password, its address is not confirmed yet, or the code of the second \
         factor is not the one of now. Which of them it is, is not told. If you have registered, open the link that was mailed, \
         or have it mailed again; if the password is forgotten, have a link for a new one mailed. After ten failures within a \
         quarter of an hour nobody is let in under the address for as long."
    TokenExpired UNAUTHORIZED "token-expired" "The token has expired"
        "The token was valid once and its time is over. Get another with the refresh token; if that has expired too, log in \
         again."
    TokenRevoked UNAUTHORIZED "token-revoked" "The token was revoked"
        "The session that the token belongs to has ended: somebody logged out, the password is another, or a refresh token \
         was used twice, which looks like theft. It does not come back. Log in again."
    SecondFactorRequired UNAUTHORIZED "second-factor-required" "A second factor is required"
        "The account has a second factor. Send the code that the device shows at the moment, or one of the recovery codes, \
         together with the rest."
    PaymentDeclined PAYMENT_REQUIRED "payment-declined" "The payment was declined"
        "The gateway refused the payment, in its own word in `decline_code`. The order, `order_id`, was rejected and its \
         stock released; no money is held. Let the customer choose another way to pay, and place a new order with a new \
         Idempotency-Key."
    PaymentActionRequired PAYMENT_REQUIRED "payment-action-required" "The customer has to approve the payment"
        "The order, `order_id`, is placed and its stock is held. The gateway waits for the customer: send them to `next_url`. \
         The order is confirmed when they have approved, and rejected at its deadline if they have not. Read the order, or \
         repeat the request with the same Idempotency-Key, to learn what became of it."
    InsufficientScope FORBIDDEN "insufficient-scope" "The token does not allow this"
        "Whoever the token was given to may not do this, or not with this token: a role or a scope is missing. `detail` says \
         which. Asking again with the same token gives the same answer."
    AccountLocked FORBIDDEN "account-locked" "The account is locked"
        "Too many log-ins failed, or the shop has locked the account. `detail` says until when, if the lock passes by \
         itself; a new password by mail takes such a lock off. Of any other, ask the shop."
    NotFound NOT_FOUND "not-found" "There is no such thing"
        "The path names a route or a thing that does not exist, or one that is not yours to see. A thing that was created a \
         moment ago may not have reached the query tables: send `Daybook-Min-Position` with the position of its receipt."
    MethodNotAllowed METHOD_NOT_ALLOWED "method-not-allowed" "The path does not take this method"
        "The path exists, but not with this method. The header `Allow` names the methods that it takes."
    RequestTimeout REQUEST_TIMEOUT "request-timeout" "The request took too long to arrive"
        "The body did not arrive in time, so nothing was done. Send it again, faster; with the same Idempotency-Key."
    OutOfStock CONFLICT "out-of-stock" "Not enough in stock"
        "At least one line asks for more than is available. `errors` names each short line and what is left. Nothing was \
         reserved. Ask for less, or leave the line out."
    PriceChanged CONFLICT "price-changed" "The price has changed"
        "The total is not the `expected_total` that was sent. Nothing was ordered. Show the customer the new total and, if \
         they agree, send the order again with it and with a new Idempotency-Key."
    SkuTaken CONFLICT "sku-taken" "The SKU is taken"
        "A SKU names one variant in the whole shop and is never used again, not even after the variant is discontinued. \
         Choose another."
    SlugTaken CONFLICT "slug-taken" "The slug is taken"
        "A slug names one product for ever. Choose another."
    EmailTaken CONFLICT "email-taken" "The e-mail address is taken"
        "An e-mail address belongs to one account. Log in with it, or take another."
    OrderState CONFLICT "order-state" "The order's status does not allow this"
        "An order goes from placed to confirmed to completed, or is rejected or cancelled on the way, and what is asked \
         does not fit where it stands. Read the order again; `detail` says what its status is."
    PaymentState CONFLICT "payment-state" "The payment does not allow this"
        "What was paid, authorized or captured does not suffice for what is asked, or another request to the gateway is \
         still open, of which there is one at a time. Nothing was changed. Read the payment again; `detail` says where it \
         stands."
    ReservationExpired CONFLICT "reservation-expired" "The hold on the stock has ended"
        "The stock was held for a limited time, which has passed, and it is no longer there. `errors` names the lines."
    IdempotencyInProgress CONFLICT "idempotency-in-progress" "A request with this Idempotency-Key is still running"
        "Wait for as many seconds as `Retry-After` says, then send the same request with the same key: it will answer with \
         the outcome."
    AccountErased GONE "account-erased" "The account was erased"
        "The person asked to be forgotten, and was. The account does not come back; whoever wants one again registers anew."
    VersionMismatch PRECONDITION_FAILED "version-mismatch" "It was changed in between"
        "The version in `If-Match` is not the current one: somebody else changed the thing after it was read. Read it \
         again, decide again, and send the change with the new `ETag` and a new Idempotency-Key."
    PayloadTooLarge PAYLOAD_TOO_LARGE "payload-too-large" "The body is too large"
        "A body holds at most 1 MiB unless the operator chose otherwise; `detail` names the limit. Split the request."
    UnsupportedMediaType UNSUPPORTED_MEDIA_TYPE "unsupported-media-type" "The body is not JSON"
        "Bodies are JSON: send the header `Content-Type: application/json`."
    ValidationFailed UNPROCESSABLE_ENTITY "validation-failed" "Something in the request is not right"
        "The request could be read, and breaks a rule of the shop. `errors` names every place with what would be right. \
         Nothing was changed. Send the corrected request with a new Idempotency-Key."
    IdempotencyKeyReused UNPROCESSABLE_ENTITY "idempotency-key-reused" "The Idempotency-Key was used for something else"
        "The key belongs to an earlier request with another body. Nothing was done. Take a new key for a new request."
    CurrencyMismatch UNPROCESSABLE_ENTITY "currency-mismatch" "Two currencies where there can be one"
        "All amounts of an order are in its currency. `errors` names the one that is not."
    QuantityExceedsOpen UNPROCESSABLE_ENTITY "quantity-exceeds-open" "More than is open on the line"
        "No more units of a line can be shipped or cancelled than were ordered and have not been shipped or cancelled yet. \
         `errors` names the lines and what is open."
    RefundExceedsCaptured UNPROCESSABLE_ENTITY "refund-exceeds-captured" "More than was captured"
        "No more can be refunded than was captured and has not been refunded yet. Nothing was refunded. `errors` says how \
         much is left."
    IfMatchRequired PRECONDITION_REQUIRED "if-match-required" "The change needs an If-Match"
        "An edit says which version it was decided on, so that nobody's change is overwritten unseen: send the `ETag` of \
         what was read in the header `If-Match`, for example `If-Match: \"v17\"`."
    RateLimited TOO_MANY_REQUESTS "rate-limited" "Too many requests"
        "More requests came from this address, or from whoever the token belongs to, than one of the rates in \
         `RateLimit-Policy` allows. Nothing was done. Wait for as many seconds as `Retry-After` says, then send the request \
         again, with the same Idempotency-Key if it is a write; `RateLimit` says how many are left."
    InternalError INTERNAL_SERVER_ERROR "internal-error" "Something went wrong on our side"
        "A defect of the server. It is in the server's log under the `trace_id`; tell the operator. Whether a write took \
         effect can be learnt by sending it again with the same Idempotency-Key."
    Overloaded SERVICE_UNAVAILABLE "overloaded" "Too much is going on at the moment"
        "More requests arrive than the server takes on. Nothing was changed. Wait for as many seconds as `Retry-After` \
         says, and a little longer each time, then send the request again with the same Idempotency-Key."
    Unavailable SERVICE_UNAVAILABLE "unavailable" "The books cannot be reached at the moment"
        "The database does not answer, or what is asked for is not built yet. Nothing was changed. The server goes on by \
         itself when the cause has passed: send the request again after `Retry-After`, with the same Idempotency-Key."
    OutcomeUnknown SERVICE_UNAVAILABLE "outcome-unknown" "Whether it was done is not known"
        "The journal went away before it answered, so the request may or may not have taken effect. Send it again with the \
         same Idempotency-Key after `Retry-After`: it takes effect at most once, and the answer is the right one."
    NotReady SERVICE_UNAVAILABLE "not-ready" "The server is not ready"
        "Something that the server needs is missing; `errors` names what. It goes on by itself when that is there."
    ProjectionBehind SERVICE_UNAVAILABLE "projection-behind" "The query table is not that far yet"
        "The query table did not reach the position of `Daybook-Min-Position` in time. Ask again after `Retry-After`, or \
         without the header if what was posted so far is good enough."
    Timeout GATEWAY_TIMEOUT "timeout" "The answer took too long"
        "The request was given up. A read can be sent again. Whether a write took effect is not known: send it again with \
         the same Idempotency-Key, it takes effect at most once."
}

impl Code {
    /// The code that clients know by this name.
    #[must_use]
    pub fn find(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|code| code.as_str() == name)
    }
}
