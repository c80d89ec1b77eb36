package housetest

import (
	"time"

	"chancery/correspondence"
	"chancery/habilitation"
)

// Elapse lets time pass, and everything be decided that comes due in it.
func (h *House) Elapse(by time.Duration) {
	h.T.Helper()
	h.Clock.Advance(by)
	if err := h.Chancery.KeepTime(h.ctx); err != nil {
		h.T.Fatalf("decide what is due: %v", err)
	}
}

// Writes puts a draft on the reader's desk.
func (r *Reader) Writes(form correspondence.Form) correspondence.DraftView {
	r.h.T.Helper()
	view, err := r.NewDraft(r.h.ctx, form)
	if err != nil {
		r.h.T.Fatalf("%s writes %q: %v", r.login, form.Subject, err)
	}
	return view
}

// Saves changes the text of a draft and expects it to be taken.
func (r *Reader) Saves(id habilitation.ID, change func(*correspondence.Form)) correspondence.DraftView {
	r.h.T.Helper()
	view := r.Opens(id)
	change(&view.Form)
	view, err := r.SaveDraft(r.h.ctx, id, view.Version, view.Form)
	if err != nil {
		r.h.T.Fatalf("%s saves %s: %v", r.login, id, err)
	}
	return view
}

// Opens opens a draft and expects to.
func (r *Reader) Opens(id habilitation.ID) correspondence.DraftView {
	r.h.T.Helper()
	view, err := r.Draft(r.h.ctx, id)
	if err != nil {
		r.h.T.Fatalf("%s opens draft %s: %v", r.login, id, err)
	}
	return view
}

// Submits asks for visas, step after step, and expects them to be asked.
func (r *Reader) Submits(id habilitation.ID, steps ...correspondence.FormStep) correspondence.DraftView {
	r.h.T.Helper()
	view, err := r.Submit(r.h.ctx, id, 0, correspondence.Submission{Steps: steps})
	if err != nil {
		r.h.T.Fatalf("%s submits %s: %v", r.login, id, err)
	}
	return view
}

// Approves gives a visa on the text that is asked about, and expects it to be taken.
func (r *Reader) Approves(id habilitation.ID) correspondence.CircuitView {
	r.h.T.Helper()
	view, err := r.Visa(r.h.ctx, id, correspondence.Opinion{Digest: r.Opens(id).Circuit.Digest})
	if err != nil {
		r.h.T.Fatalf("%s approves %s: %v", r.login, id, err)
	}
	return view
}

// Signs gives the word to sign and expects it to be taken.
func (r *Reader) Signs(id habilitation.ID, hold time.Duration) correspondence.SignView {
	r.h.T.Helper()
	view, err := r.Sign(r.h.ctx, id, 0, hold, correspondence.AsReviewed)
	if err != nil {
		r.h.T.Fatalf("%s signs %s: %v", r.login, id, err)
	}
	return view
}
