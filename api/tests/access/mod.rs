//! Who may do what, asked over HTTP: the policy as it is written, one's own and others', the interface's description.

mod cast;
mod described;
mod matrix;
mod own;
mod stage;
mod stated;
mod written;
