//! Contract suites for every port, fakes of the ports, and a stage for story tests.
//!
//! * [`contracts`] has one suite per port, a function for each numbered guarantee.
//! * [`Stage`] is a whole server without a network; an [`Actor`] is a client on it, whose frames
//!   a test reads in short ([`gist`]).
//! * The fakes behind it: [`ManualClock`], [`SequenceIds`], [`TestVerifier`], [`RecordingEvents`],
//!   [`RecordingOutbound`], [`RecordingSink`], [`RecordingPresence`]. Two brokers for races: [`HeldBroker`] waits until a
//!   test lets it go on, [`AttachingBroker`] announces nothing that is not attached.

mod actor;
mod attaching_broker;
pub mod contracts;
mod gist;
mod held_broker;
mod line_framing;
mod manual_clock;
mod recording_events;
mod recording_outbound;
mod recording_presence;
mod recording_sink;
mod scenery;
mod sequence_ids;
mod stage;
mod test_passes;
mod test_verifier;

pub use actor::Actor;
pub use attaching_broker::AttachingBroker;
pub use gist::gist;
pub use held_broker::HeldBroker;
pub use line_framing::LineFraming;
pub use manual_clock::ManualClock;
pub use recording_events::RecordingEvents;
pub use recording_outbound::RecordingOutbound;
pub use recording_presence::RecordingPresence;
pub use recording_sink::RecordingSink;
pub use scenery::Scenery;
pub use sequence_ids::SequenceIds;
pub use stage::Stage;
pub use test_passes::TestPasses;
pub use test_verifier::TestVerifier;
