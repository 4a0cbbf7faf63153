//! Why a sketch cannot be read.

/// Why a sketch cannot be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SketchError {
    /// The blob was written by a version that this one does not know, or is not a sketch.
    #[error("byte {at} of the sketch is not a known version")]
    UnknownVersion {
        /// Where in the blob.
        at: usize,
    },
    /// The blob ends within a pair.
    #[error("the sketch ends within a pair")]
    Truncated,
    /// A number in the blob has more bits than it can have.
    #[error("byte {at} of the sketch begins a number that is too large")]
    TooLarge {
        /// Where in the blob.
        at: usize,
    },
    /// The blob names a bin that does not exist.
    #[error("the sketch names bin {bin}, which does not exist")]
    UnknownBin {
        /// The bin.
        bin: u64,
    },
    /// More was taken back than was ever counted: the merge was not a full one, or the books are wrong.
    #[error("bin {bin} of the sketch counts {count} after the merge")]
    NegativeCount {
        /// The bin.
        bin: u16,
        /// Its count.
        count: i64,
    },
    /// A count beyond 64 bits.
    #[error("the sketch counts more than 64 bits can hold")]
    CountOverflow,
    /// A quantile outside of 0 to 1.
    #[error("a quantile must be between 0 and 1")]
    QuantileOutOfRange,
}
