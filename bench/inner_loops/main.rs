//! The inner loops: `decide` and `evolve`, the envelope, the fold of a batch.

fn main() {
    divan::main();
}
