package correspondence

// released takes a message off its way as a draft.
func (f *Folds) released(d *Dispatch) {
	f.Circuits.Released(d.ID, d.At, d.Signatory.Agent, false)
}
