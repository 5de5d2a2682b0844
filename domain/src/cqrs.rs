//! The shim between our aggregates and cqrs-es: its `handle` is our pure `decide`, its `apply` our `evolve`.

/// Makes a state a [`cqrs_es::Aggregate`] of the module's `TYPE`. `decide` is the module's, given the
/// state, the command and the [facts](crate::Facts).
macro_rules! cqrs_aggregate {
    ($state:ident, $command:ident, $event:ident, $decide:expr) => {
        impl cqrs_es::Aggregate for $state {
            const TYPE: &'static str = TYPE;
            type Command = $command;
            type Event = $event;
            type Error = $crate::Rejection;
            type Services = $crate::FactSource;

            async fn handle(
                &mut self,
                command: $command,
                source: &$crate::FactSource,
                sink: &cqrs_es::event_sink::EventSink<Self>,
            ) -> Result<(), $crate::Rejection> {
                let decide: fn(
                    &Self,
                    $command,
                    &$crate::Facts,
                ) -> Result<Vec<$event>, $crate::Rejection> = $decide;
                for event in decide(self, command, &source.facts())? {
                    sink.write(event, self).await;
                }
                Ok(())
            }

            fn apply(&mut self, event: $event) {
                self.evolve(&event);
            }
        }
    };
}

pub(crate) use cqrs_aggregate;
