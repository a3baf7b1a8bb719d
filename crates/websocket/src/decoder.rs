//! From the bytes of a client to events.

use std::mem;
use std::ops::Range;

use crate::MAX_CONTROL;
use crate::event::{Event, Step};
use crate::frame_header::{FrameHeader, PartialHeader};
use crate::mask::Mask;
use crate::message::{Delivered, Message};
use crate::opcode::Opcode;
use crate::violation::Violation;

/// Decodes what one client sends, in pieces of any size. Frames must be masked.
///
/// What comes out depends on the bytes alone, never on how they were cut. Bad input is refused at
/// the first byte that proves it bad: a message that is too long at the header that makes it so,
/// text that isn't UTF-8 at its first bad byte. A compressed message is looked into when it is
/// whole.
///
/// # Memory
///
/// An event that lies wholly inside one input costs no copy and no memory. Otherwise the decoder
/// keeps what came of it, unmasked: one message of `max_message` bytes at most and one control
/// frame, in buffers that grow with the bytes that came (twice their number at most) and are given
/// back when the event is done with. See [`release`](Self::release). Beside a compressed message
/// there is what it inflates to, `max_message` bytes and one at most.
pub struct Decoder {
    max_message: usize,
    /// Whether messages may be compressed.
    deflate: bool,
    /// The header that is being read, while there is no `frame`.
    header: PartialHeader,
    /// The frame whose payload is being read.
    frame: Option<Frame>,
    /// The data message that is open, without the frame that may lie wholly inside the next input.
    message: Option<Message>,
    /// What came of a control frame. Apart from `message`, because it may come in between.
    control: Vec<u8>,
    /// What the last event borrows, until the next step or `release`.
    delivered: Option<Delivered>,
    /// Once set it is the only answer.
    violation: Option<Violation>,
    /// Frames whose header came.
    frames: u64,
}

/// A frame whose header keeps all rules.
struct Frame {
    fin: bool,
    compressed: bool,
    opcode: Opcode,
    mask: Mask,
    /// The limit of the message when the header came.
    limit: usize,
    /// Payload bytes that are still to come.
    remaining: usize,
    /// Some of the payload was taken from an earlier input.
    begun: bool,
}

/// Where the payload of a completed event lies.
enum Completed {
    /// In the caller's input.
    Input(Opcode, Range<usize>),
    /// In `Decoder::delivered`.
    Own,
}

impl Decoder {
    /// A decoder at the start of a connection that takes messages of up to `max_message` bytes,
    /// their fragments together.
    #[must_use]
    pub fn new(max_message: usize) -> Self {
        Self {
            max_message,
            deflate: false,
            header: PartialHeader::default(),
            frame: None,
            message: None,
            control: Vec::new(),
            delivered: None,
            violation: None,
            frames: 0,
        }
    }

    /// The same, on a connection with an [`Agreement`](crate::Agreement) to compress. A message is
    /// held to the limit both as it was sent and inflated.
    #[must_use]
    pub fn with_deflate(self) -> Self {
        Self { deflate: true, ..self }
    }

    /// Changes the limit, from the next frame's header on. Clients get a greater one once they
    /// are known.
    pub fn set_max_message(&mut self, bytes: usize) {
        self.max_message = bytes;
    }

    /// Reads `input` up to the end of the first event in it, or all of it where it completes none.
    ///
    /// The input is the next bytes of the client, in memory of the caller, who gives what was not
    /// consumed to the next step. Payloads are unmasked in place, so consumed bytes are scratch
    /// afterwards. An event that lies wholly inside `input` borrows it, any other one borrows the
    /// decoder.
    ///
    /// # Errors
    ///
    /// The first [`Violation`]. The stream can't be read any further then: the decoder drops what
    /// it holds and gives the same answer to each later step.
    pub fn step<'a>(&'a mut self, input: &'a mut [u8]) -> Result<Step<'a>, Violation> {
        self.release();
        if let Some(violation) = self.violation {
            return Err(violation);
        }
        let step = match self.advance(input) {
            Ok((consumed, None)) => Ok(Step { consumed, event: None }),
            Ok((consumed, Some(completed))) => completed
                .event(self.delivered.as_ref(), input)
                .map(|event| Step { consumed, event }),
            Err(violation) => Err(violation),
        };
        step.inspect_err(|violation| {
            self.violation = Some(*violation);
            self.frame = None;
            self.message = None;
            self.control = Vec::new();
        })
    }

    /// Gives the buffer of the last event back. Each step begins with it; call it when the input
    /// is used up, so that a connection that falls silent holds nothing.
    pub fn release(&mut self) {
        self.delivered = None;
    }

    /// How many bytes of the heap the decoder holds: none while no event is half received and the
    /// last one was [released](Self::release).
    #[must_use]
    pub fn retained(&self) -> usize {
        let message = self.message.as_ref().map_or(0, Message::capacity);
        let delivered = self.delivered.as_ref().map_or(0, Delivered::capacity);
        message + delivered + self.control.capacity()
    }

    /// Whether the input ended between two frames and two messages: then a new decoder would go
    /// on just as this one, and nothing has to be kept. Never after a violation.
    #[must_use]
    pub fn is_between(&self) -> bool {
        self.header.is_empty()
            && self.frame.is_none()
            && self.message.is_none()
            && self.violation.is_none()
    }

    /// How many frames began so far. More than the messages that came, they tell who sends pieces
    /// and control frames, which cost work without saying anything.
    #[must_use]
    pub const fn frames(&self) -> u64 {
        self.frames
    }

    /// The kind of the message that is half received, [`Opcode::Text`] or [`Opcode::Binary`].
    /// Known from the first header on, so that a caller who takes one kind only need not wait for
    /// the end of the other.
    #[must_use]
    pub fn receiving(&self) -> Option<Opcode> {
        let begun = self.message.as_ref().map(Message::opcode);
        begun.or_else(|| {
            let opcode = self.frame.as_ref()?.opcode;
            (!opcode.is_control()).then_some(opcode)
        })
    }

    /// Reads up to the end of the first event. Says how many bytes that took.
    fn advance(&mut self, input: &mut [u8]) -> Result<(usize, Option<Completed>), Violation> {
        let mut at = 0;
        // A frame that is kept from an earlier input always wants at least one byte, and one
        // without a payload ends in the same turn as its header.
        while at < input.len() {
            let frame = match self.frame.take() {
                Some(frame) => frame,
                None => {
                    let (taken, header) = self.header.take(&input[at..], self.deflate)?;
                    at += taken;
                    match header {
                        Some(header) => {
                            self.frames += 1;
                            self.admit(header)?
                        }
                        None => break,
                    }
                }
            };
            let payload = at..input.len().min(at.saturating_add(frame.remaining));
            at = payload.end;
            let completed = self.read_payload(frame, &mut input[payload.clone()], payload.start)?;
            if completed.is_some() {
                return Ok((at, completed));
            }
        }
        Ok((at, None))
    }

    /// Checks a header against the message that is open and against the limit.
    fn admit(&self, header: FrameHeader) -> Result<Frame, Violation> {
        let opcode = header.opcode;
        let open = self.message.as_ref().map(Message::len);
        let room = match (opcode, open) {
            (Opcode::Close | Opcode::Ping | Opcode::Pong, _) => MAX_CONTROL,
            (Opcode::Continuation, Some(len)) => self.max_message.saturating_sub(len),
            (Opcode::Continuation, None) => return Err(Violation::UnexpectedContinuation),
            (Opcode::Text | Opcode::Binary, None) => self.max_message,
            (Opcode::Text | Opcode::Binary, Some(_)) => {
                return Err(Violation::ExpectedContinuation);
            }
        };
        let remaining = usize::try_from(header.length).ok().filter(|length| *length <= room);
        let remaining =
            remaining.ok_or(Violation::MessageTooBig { limit_bytes: self.max_message })?;
        let FrameHeader { fin, compressed, mask, .. } = header;
        let limit = self.max_message;
        Ok(Frame { fin, compressed, opcode, mask, limit, remaining, begun: false })
    }

    /// Takes what the input, from its byte `at` on, holds of the frame's payload.
    fn read_payload(
        &mut self,
        mut frame: Frame,
        payload: &mut [u8],
        at: usize,
    ) -> Result<Option<Completed>, Violation> {
        frame.mask.apply(payload);
        frame.remaining -= payload.len();
        let whole = !frame.begun && frame.remaining == 0;
        if whole && frame.fin && frame.opcode != Opcode::Continuation {
            if frame.compressed {
                self.delivered = Some(Delivered::inflated(frame.opcode, payload, frame.limit)?);
                return Ok(Some(Completed::Own));
            }
            return Ok(Some(Completed::Input(frame.opcode, at..at + payload.len())));
        }
        // With nothing but the header there, the payload may still come whole in the next input.
        if whole || !payload.is_empty() {
            frame.begun = true;
            return self.keep(frame, payload);
        }
        self.frame = Some(frame);
        Ok(None)
    }

    /// Keeps a piece of a payload, and delivers what it completes.
    fn keep(&mut self, frame: Frame, piece: &[u8]) -> Result<Option<Completed>, Violation> {
        let control = frame.opcode.is_control();
        if control {
            self.control.extend_from_slice(piece);
        } else {
            let begin = || Message::begun_by(frame.opcode, frame.compressed);
            self.message.get_or_insert_with(begin).push(piece)?;
        }
        if frame.remaining > 0 {
            self.frame = Some(frame);
            return Ok(None);
        }
        if control {
            let payload = mem::take(&mut self.control);
            self.delivered = Some(Delivered::Frame(frame.opcode, payload));
        } else if frame.fin {
            let message = self.message.take();
            self.delivered = message.map(|message| message.finish(frame.limit)).transpose()?;
        }
        Ok(self.delivered.is_some().then_some(Completed::Own))
    }
}

impl Completed {
    fn event<'a>(
        self,
        delivered: Option<&'a Delivered>,
        input: &'a [u8],
    ) -> Result<Option<Event<'a>>, Violation> {
        match self {
            Self::Input(opcode, payload) => Event::of_frame(opcode, &input[payload]).map(Some),
            Self::Own => delivered.map(Delivered::event).transpose(),
        }
    }
}
