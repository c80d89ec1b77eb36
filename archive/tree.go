package archive

import (
	"context"

	"chancery/habilitation"
)

// Tree names one of the RFC 6962 trees a journal keeps.
type Tree uint8

const (
	// NoTree is for entries that only the chain commits to.
	NoTree Tree = 0
	// TreeActs commits to acts: who may read what, and who changed it.
	TreeActs Tree = 1
	// TreeUnprotected commits to unprotected messages.
	TreeUnprotected Tree = 2
	// TreeRestricted commits to restricted messages; only a reader cleared for them is shown it.
	TreeRestricted Tree = 3
)

// AllTrees lists the trees in the order in which a house checkpoint names them.
func AllTrees() []Tree { return []Tree{TreeActs, TreeUnprotected, TreeRestricted} }

// TreeOf is the tree of the messages of a level; NoTree for a level no message bears.
func TreeOf(level habilitation.Level) Tree {
	switch level {
	case habilitation.Unprotected:
		return TreeUnprotected
	case habilitation.Restricted:
		return TreeRestricted
	}
	return NoTree
}

// Valid reports whether t is NoTree or one of the trees.
func (t Tree) Valid() bool { return t <= TreeRestricted }

// String is the tree's stable name in checkpoints: "acts", "unprotected", "restricted"; "none" for NoTree.
func (t Tree) String() string {
	switch t {
	case TreeActs:
		return "acts"
	case TreeUnprotected:
		return "unprotected"
	case TreeRestricted:
		return "restricted"
	}
	return "none"
}

func (t Tree) takes(level habilitation.Level) bool {
	switch t {
	case TreeUnprotected:
		return level == habilitation.Unprotected
	case TreeRestricted:
		return level == habilitation.Restricted
	}
	return t.Valid()
}

// Trees proves what a journal holds. The trees commit to headers by their leaves, so a proof survives erasure.
type Trees interface {
	// Checkpoint is the last signed state of one tree alone, a C2SP signed note (c2sp.org/tlog-checkpoint). Its bytes
	// depend on nothing but that tree's leaves, the origin and the key.
	Checkpoint(ctx context.Context, tree Tree) ([]byte, error)
	// HouseCheckpoint is the last signed state of everything: chain head and all trees. It is not for readers.
	HouseCheckpoint(ctx context.Context) ([]byte, error)
	// Prove shows that the leaf at index is in the tree of the last checkpoint; ErrUnknown when there is none.
	Prove(ctx context.Context, tree Tree, index uint64) (Proof, error)
}
