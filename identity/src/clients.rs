//! Clients: programs that may ask for tokens. Who may register them is decided before (`domain::policy`).
//!
//! A secret is told once. It is derived from the client and from the key of the request that made it, so that a request that
//! is repeated under its key is told the same one, although only its digest is kept.

use std::collections::BTreeSet;

use access::opaque::Opaque;
use commands::{Beside, Context, Receipt};
use domain::client::{ClientCommand, ClientKind, RegisterClient};
use domain::value::{ClientId, Scope};
use journal::{NewSecret, SecretWrite};

use crate::{Identity, IdentityError, kinds};

impl Identity {
    /// Registers a client; a confidential one gets a secret.
    ///
    /// # Errors
    /// As the domain has them.
    pub async fn register_client(
        &self,
        new: RegisterClient,
        context: Context,
    ) -> Result<(Receipt, Option<Opaque>), IdentityError> {
        let (id, kind) = (new.client_id, new.kind);
        let command = ClientCommand::RegisterClient(new);
        if kind == ClientKind::Public {
            let receipt = self.0.commands.client(id, command, context).await?;
            return Ok((receipt, None));
        }
        let (receipt, secret) = self.with_secret(id, command, context).await?;
        Ok((receipt, Some(secret)))
    }

    /// Gives a client another secret; the one before is worth nothing from then on.
    ///
    /// # Errors
    /// As the domain has them.
    pub async fn rotate_client_secret(
        &self,
        id: ClientId,
        context: Context,
    ) -> Result<(Receipt, Opaque), IdentityError> {
        self.with_secret(id, ClientCommand::RotateClientSecret, context)
            .await
    }

    /// Changes what a client may ask for. Tokens that it has stay as they are for the minutes that they live.
    ///
    /// # Errors
    /// As the domain has them.
    pub async fn change_client_scopes(
        &self,
        id: ClientId,
        scopes: BTreeSet<Scope>,
        context: Context,
    ) -> Result<Receipt, IdentityError> {
        let command = ClientCommand::ChangeClientScopes { scopes };
        Ok(self.0.commands.client(id, command, context).await?)
    }

    /// Lets a client do nothing any more: what it has, on anybody's behalf, is refused on every node within a second.
    ///
    /// # Errors
    /// As the domain has them.
    pub async fn disable_client(
        &self,
        id: ClientId,
        context: Context,
    ) -> Result<Receipt, IdentityError> {
        let beside = Beside {
            secrets: vec![SecretWrite::Destroy {
                kind: kinds::CLIENT_SECRET,
                key: id.to_string(),
            }],
            ..Beside::default()
        };
        let command = ClientCommand::DisableClient;
        let done = self.0.commands.client_beside(id, command, beside, context);
        let receipt = done.await?;
        self.0.revocations.disable_client(id);
        Ok(receipt)
    }

    async fn with_secret(
        &self,
        id: ClientId,
        command: ClientCommand,
        context: Context,
    ) -> Result<(Receipt, Opaque), IdentityError> {
        let secret = match &context.request {
            Some(request) => {
                let claim = request.claim.as_uuid();
                let parts: [&[u8]; 2] = [id.0.as_bytes(), claim.as_bytes()];
                self.0.tokens.derive("client-secret", &parts)
            }
            None => Opaque::generate()?,
        };
        let new = NewSecret {
            kind: kinds::CLIENT_SECRET,
            key: id.to_string(),
            owner: kinds::owner_of_client(id),
            value: secret.digest().as_bytes().to_vec(),
            expires_at: None,
            due_at: None,
        };
        let beside = Beside {
            secrets: vec![SecretWrite::Put(new)],
            ..Beside::default()
        };
        let done = self.0.commands.client_beside(id, command, beside, context);
        Ok((done.await?, secret))
    }
}
