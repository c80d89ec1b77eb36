package correspondence

import "chancery/habilitation"

// correction reads which released message this one corrects. A correction speaks in the place of what it corrects: it comes from the same
// origin, and bears the same level but where it changes that.
func (f *finishing) correction() {
	form := f.draft.Form.Corrects
	if form == nil || *form == (FormCorrection{}) {
		return
	}
	how := choose(f, "corrects.how", form.How, howNames, How(0))
	text := OneLine(form.Message)
	if text == "" {
		f.fault("corrects.message", "missing")
		return
	}
	reference, level, ok := f.resolve(text)
	var old *headline
	if ok {
		old, ok = f.headline(reference.Message)
	}
	if !ok {
		f.fault("corrects.message", "reference-unknown")
		return
	}
	if old.imported {
		f.fault("corrects.message", "corrects-imported")
	}
	if f.m.Origin.Audience != 0 && old.origin != f.m.Origin.Audience {
		f.fault("corrects.message", "corrects-not-yours")
	}
	if by, ended := f.ended(reference.Message); ended && how != 0 && !how.relevels() {
		f.fault("corrects.message", "corrects-ended", "number", by)
	}
	if how != 0 && f.m.Level.Valid() {
		f.correctedLevel(how, level)
	}
	f.m.Corrects = &Correction{How: how, Message: reference.Message, Number: old.number}
}

// relevels reports whether a correction only changes the level, which what was cancelled or replaced still has.
func (h How) relevels() bool { return h == Raises || h == Lowers }

// correctedLevel holds the level of the correction against the present one of the message that it corrects.
func (f *finishing) correctedLevel(how How, level habilitation.Level) {
	switch {
	case how == Raises && level == habilitation.Restricted:
		f.fault("corrects.how", "raised-already")
	case how == Lowers && level == habilitation.Unprotected:
		f.fault("corrects.how", "lowered-already")
	case how == Raises && f.m.Level != habilitation.Restricted:
		f.fault("level", "raises-to-restricted")
	case how == Lowers && f.m.Level != habilitation.Unprotected:
		f.fault("level", "lowers-to-unprotected")
	case !how.relevels() && f.m.Level != level:
		f.fault("level", "corrects-other-level")
	}
}
