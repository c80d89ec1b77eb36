package search

// Batch is what is applied to an index in one step.
type Batch struct {
	Through   uint64 // the journal sequence it reaches
	Documents []Document
}
