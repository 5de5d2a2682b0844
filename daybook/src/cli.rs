//! The command line: what can be asked of the one executable.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

use crate::demo;
use crate::import::complete_journey;

/// The backend of a shop, kept the way a merchant keeps books.
#[derive(Debug, Parser)]
#[command(name = "daybook", version, about)]
pub struct Cli {
    /// A configuration file; `daybook config` prints the defaults, with comments.
    #[arg(long, env = "DAYBOOK_CONFIG", global = true, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// What can be asked.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Start the server: everything in one process, or the roles that are named.
    Serve(Serve),
    /// Bring events in.
    #[command(subcommand)]
    Import(Import),
    /// The query tables: list them, see how far behind they are, rebuild one.
    #[command(subcommand)]
    Projections(Projections),
    /// Keep a trickle of customers going, through a running server's HTTP API.
    Demo(demo::Args),
    /// Check every rule of the shop over the whole journal. Exit code 1: a rule is broken.
    Verify(Verify),
    /// Accounts: the first owner, and what has to be done when nobody can log in.
    #[command(subcommand)]
    Accounts(Accounts),
    /// The keys that sign access tokens.
    #[command(subcommand)]
    Keys(Keys),
    /// Bring the database's schema up to date, and do nothing else.
    Migrate,
    /// Print the default configuration file.
    Config,
}

/// `daybook serve`
#[derive(Debug, Args)]
pub struct Serve {
    /// The parts to run; several with commas between, or the option several times.
    #[arg(long, value_enum, value_delimiter = ',', default_value = "all")]
    pub role: Vec<Role>,
}

/// A part of the server.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Role {
    /// All of them.
    All,
    /// HTTP: commands and queries.
    Api,
    /// Journal to Kafka; needs KAFKA_BROKERS.
    Relay,
    /// The query tables.
    Projections,
    /// What happens by itself: checkout, payments, timers.
    Processes,
}

impl Serve {
    /// Whether this part is to run.
    pub fn has(&self, role: Role) -> bool {
        self.role.contains(&Role::All) || self.role.contains(&role)
    }

    /// Whether this part was asked for by its name.
    pub fn names(&self, role: Role) -> bool {
        self.role.contains(&role)
    }
}

/// `daybook import`
#[derive(Debug, Subcommand)]
pub enum Import {
    /// Real grocery baskets (The Complete Journey), through a running server's HTTP API.
    CompleteJourney(complete_journey::Args),
    /// An existing postgres-es table `events`, straight into the journal.
    PostgresEs(PostgresEs),
}

/// `daybook import postgres-es`
#[derive(Debug, Args)]
pub struct PostgresEs {
    /// The database that holds the table: postgres://user@host/database
    #[arg(long, value_name = "URL")]
    pub from: String,
    /// The schema that holds the table.
    #[arg(long, default_value = "public")]
    pub schema: String,
}

/// `daybook projections`
#[derive(Debug, Subcommand)]
pub enum Projections {
    /// Every query table, its version and how far it has posted.
    List(Json),
    /// How far behind each query table is.
    Lag(Json),
    /// Build query tables anew from the journal beside the live ones, and swap them.
    Rebuild {
        /// Which one.
        #[arg(required_unless_present = "all")]
        name: Option<String>,
        /// All of them at once, from one reading of the journal.
        #[arg(long, conflicts_with = "name")]
        all: bool,
    },
}

/// How to print.
#[derive(Debug, Args)]
pub struct Json {
    /// Print JSON.
    #[arg(long)]
    pub json: bool,
}

/// `daybook verify`
#[derive(Debug, Args)]
pub struct Verify {
    /// Print the report as JSON.
    #[arg(long)]
    pub json: bool,
}

/// `daybook keys`
#[derive(Debug, Subcommand)]
pub enum Keys {
    /// Every key, in the order in which they sign.
    List,
    /// Make the next key. It is published at once and signs a quarter of an hour later.
    Rotate {
        /// Sign with it at once: others who keep a copy of the published keys may refuse its tokens for some minutes.
        #[arg(long)]
        now: bool,
    },
    /// Take a key away that somebody else may have: its tokens are refused, and another signs at once.
    Revoke {
        /// Its name.
        kid: String,
    },
}

/// `daybook accounts`
#[derive(Debug, Subcommand)]
pub enum Accounts {
    /// Make somebody an owner. An account with the address is taken over: it gets the password.
    CreateOwner(CreateOwner),
    /// Every account, with nothing personal, as far as a server has posted the query table.
    List {
        /// Print JSON, an account a line.
        #[arg(long)]
        json: bool,
    },
    /// Let nobody in to an account any more, and end its sessions.
    Lock {
        /// Its id or its e-mail address.
        account: String,
    },
    /// Take an account's lock off.
    Unlock {
        /// Its id or its e-mail address.
        account: String,
    },
}

/// `daybook accounts create-owner`
#[derive(Debug, Args)]
pub struct CreateOwner {
    /// Their e-mail address.
    #[arg(long)]
    pub email: String,
    /// A file whose first line is the password; else it is asked for, or read from standard input.
    #[arg(long, value_name = "FILE")]
    pub password_file: Option<PathBuf>,
}
