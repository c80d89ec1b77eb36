package archive

import "errors"

var (
	// ErrConflict is returned when the head has moved past the caller's fence: another writer went first.
	ErrConflict = errors.New("the journal's head has moved")
	// ErrReleasedOtherwise is returned when an identity is already in the journal with another content.
	ErrReleasedOtherwise = errors.New("already in the journal with another content")
	// ErrUnknown is returned for a sequence, a key, an index or an object that is not there.
	ErrUnknown = errors.New("not in the archive")
	// ErrDamaged is returned when stored bytes are not what was written; the wrapping says which.
	ErrDamaged = errors.New("damaged")
	// ErrMissing is returned for a file of the house that is not there and that nothing can make again.
	ErrMissing = errors.New("missing")
	// ErrSetBack is returned when a journal ends before what the house has known of it: an older state was put in its
	// place, or its last entries are lost.
	ErrSetBack = errors.New("set back")
	// ErrOtherOrigin is returned for trees that another origin was written under than they are opened under.
	ErrOtherOrigin = errors.New("the trees have another origin")
	// ErrErased is returned for a payload, a key or an object that was erased lawfully; its header stays.
	ErrErased = errors.New("erased")
	// ErrLocked is returned at once when another process holds the file.
	ErrLocked = errors.New("held by another process")
	// ErrStopped is returned for every append after the first write or sync that went wrong: what a disk holds after
	// such a fault is not known, so the journal writes no more until it is opened again.
	ErrStopped = errors.New("stopped after a write that went wrong")
	// ErrClosed is returned after Close.
	ErrClosed = errors.New("closed")
	// ErrBadDraft is returned for a draft that no journal can take; the wrapping says why.
	ErrBadDraft = errors.New("not an entry")
	// ErrReasonMissing is returned when something is to be erased without a reason.
	ErrReasonMissing = errors.New("a reason is needed")
	// ErrExists is returned when a name already keeps another secret.
	ErrExists = errors.New("already kept with another value")
	// ErrWrongMasterKey is returned when the key store was sealed under another master key.
	ErrWrongMasterKey = errors.New("another master key sealed this")
	// ErrBadMasterKey is returned for a text that is not a master key, or for a key file that others may read.
	ErrBadMasterKey = errors.New("not a usable master key")
	// ErrBadProof is returned for a checkpoint or a proof that does not hold.
	ErrBadProof = errors.New("the proof does not hold")
	// ErrVersion is returned for a file written in a format this program does not know.
	ErrVersion = errors.New("unknown format version")
)
