//! A request's seat among those that are worked on, and the room that its body takes.
//!
//! Nobody works on a request whose body is still on its way. So its seat is given back meanwhile: clients that drip take none
//! from others, however many they are. What they do take is memory, so that of large bodies comes out of a store that all
//! requests of a gate share; one that finds it empty is refused.
//!
//! The seat goes with the task that runs the request ([`Seat::keep`]), so that whoever reads a body, today or later, need not
//! be handed it.

use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::problem::{Code, Problem};

/// What the large bodies of one gate's requests may take.
const ROOM_BYTES: usize = 8 * 1024 * 1024;

tokio::task_local! {
    static SEAT: Seat;
}

/// The seats of a gate, and the room for bodies.
#[derive(Clone, Debug)]
pub struct Seats {
    seats: Arc<Semaphore>,
    room: Arc<Semaphore>,
}

/// One of them, while it is taken.
#[derive(Debug)]
pub struct Seat {
    seats: Arc<Semaphore>,
    taken: Mutex<Option<OwnedSemaphorePermit>>,
    room: Arc<Semaphore>,
    used: Mutex<Option<OwnedSemaphorePermit>>,
}

impl Seats {
    /// So many.
    pub fn new(seats_max: usize) -> Self {
        let seats = seats_max.clamp(1, Semaphore::MAX_PERMITS);
        Self {
            seats: Arc::new(Semaphore::new(seats)),
            room: Arc::new(Semaphore::new(ROOM_BYTES)),
        }
    }

    /// One of them, if one is free.
    pub fn take(&self) -> Option<Seat> {
        let taken = Arc::clone(&self.seats).try_acquire_owned().ok()?;
        Some(Seat {
            seats: Arc::clone(&self.seats),
            taken: Mutex::new(Some(taken)),
            room: Arc::clone(&self.room),
            used: Mutex::new(None),
        })
    }
}

impl Seat {
    /// Runs a request that has this seat, and gives back seat and room at its end.
    pub async fn keep<F: Future>(self, request: F) -> F::Output {
        SEAT.scope(self, request).await
    }

    /// Gives the seat of the request that runs here back while its client is waited for. Without a gate nothing happens.
    pub fn leave() {
        let _ = SEAT.try_with(|seat| slot(&seat.taken).take());
    }

    /// Takes a seat again.
    ///
    /// # Errors
    /// `overloaded` when there is none.
    pub fn return_to() -> Result<(), Problem> {
        let taken = SEAT.try_with(|seat| {
            let mut taken = slot(&seat.taken);
            if taken.is_none() {
                *taken = Arc::clone(&seat.seats).try_acquire_owned().ok();
            }
            taken.is_some()
        });
        if taken.unwrap_or(true) {
            Ok(())
        } else {
            Err(overloaded())
        }
    }

    /// Room for so much of the request's body.
    ///
    /// # Errors
    /// `overloaded` when there is not so much.
    pub fn room_for(bytes: usize) -> Result<(), Problem> {
        let bytes = u32::try_from(bytes).unwrap_or(u32::MAX);
        let found = SEAT.try_with(|seat| {
            let more = Arc::clone(&seat.room).try_acquire_many_owned(bytes);
            more.is_ok_and(|more| {
                let mut used = slot(&seat.used);
                match used.as_mut() {
                    Some(used) => used.merge(more),
                    None => *used = Some(more),
                }
                true
            })
        });
        if found.unwrap_or(true) {
            Ok(())
        } else {
            Err(overloaded())
        }
    }
}

/// A panic elsewhere leaves a permit as it was.
fn slot<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// There is no seat, or no room.
pub fn overloaded() -> Problem {
    Problem::new(
        Code::Overloaded,
        "the server works on as many requests as it can; try again in a moment",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn who_waits_for_its_client_takes_no_seat_from_anybody() {
        let seats = Seats::new(1);
        let seat = seats.take().unwrap();
        assert!(seats.take().is_none());
        seat.keep(async {
            Seat::leave();
            let other = seats.take();
            assert!(other.is_some());
            let refused = Seat::return_to().unwrap_err();
            assert_eq!(refused.code(), Code::Overloaded);
            drop(other);
            Seat::return_to().unwrap();
            assert!(seats.take().is_none());
        })
        .await;
        assert!(seats.take().is_some());
    }

    #[tokio::test]
    async fn large_bodies_share_a_store() {
        let seats = Seats::new(2);
        let (one, other) = (seats.take().unwrap(), seats.take().unwrap());
        one.keep(async {
            Seat::room_for(ROOM_BYTES - 1).unwrap();
            Seat::room_for(1).unwrap();
            let refused = other.keep(async { Seat::room_for(1) }).await;
            assert_eq!(refused.unwrap_err().code(), Code::Overloaded);
        })
        .await;
        let next = seats.take().unwrap();
        next.keep(async { Seat::room_for(ROOM_BYTES) })
            .await
            .unwrap();
    }
}
