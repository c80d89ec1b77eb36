package archive

// Proof shows that a leaf is in a tree, to whoever holds the origin and the house's public key.
type Proof struct {
	// Leaf is the text of [Header.Leaf].
	Leaf []byte
	// Index is the leaf's place in the tree, from 0; Size is the tree's number of leaves at the checkpoint.
	Index, Size uint64
	// Hashes is the RFC 6962 §2.1.1 audit path from the leaf upwards.
	Hashes [][32]byte
	// Checkpoint is the signed note that commits to the tree.
	Checkpoint []byte
}
