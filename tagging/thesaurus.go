package tagging

import (
	"cmp"
	"errors"
	"fmt"
	"iter"
	"slices"
	"strings"
	"sync"
	"time"

	"chancery/habilitation"
)

// Tag is one theme of the house's vocabulary.
type Tag struct {
	ID       habilitation.TagID
	Key      string // its name in queries and addresses: "eau"
	Label    habilitation.Label
	Synonyms []string
	Steward  habilitation.AudienceID // approves declarations for restricted messages; zero for nobody
	State    State
}

// ErrContradiction is returned for an act that the history before it does not allow; nothing is changed.
var ErrContradiction = errors.New("contradicts the tags")

// Thesaurus is the vocabulary of tags: a fold of the journal's acts. It is public to every agent of the house, so finding and
// completing tell nothing of any message. It is safe for any number of readers beside one writer; what it returns are copies.
type Thesaurus struct {
	mu    sync.RWMutex
	tags  []Tag // by number, from 1
	byKey map[string]habilitation.TagID
	terms []term // sorted by compareTerms: every folded key, label and synonym, and every end of it that begins with a word
}

// term is one way to reach a tag by what is typed.
type term struct {
	text  string
	inner bool // begins inside the words it comes from
	tag   habilitation.TagID
}

func compareTerms(a, b term) int {
	return cmp.Or(strings.Compare(a.text, b.text), cmp.Compare(a.tag, b.tag), compareBool(a.inner, b.inner))
}

func compareBool(a, b bool) int {
	switch {
	case a == b:
		return 0
	case b:
		return -1
	}
	return 1
}

// NewThesaurus is an empty thesaurus.
func NewThesaurus() *Thesaurus { return &Thesaurus{byKey: make(map[string]habilitation.TagID)} }

// Apply folds one act of this package; those about declarations leave the thesaurus as it is. Give every act to both folds.
func (t *Thesaurus) Apply(_ time.Time, _ habilitation.AgentID, act Act) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	if err := t.check(act); err != nil {
		return fmt.Errorf("apply %s: %w", act.Kind(), err)
	}
	switch act := act.(type) {
	case TagCreated:
		t.add(Tag{ID: act.Tag, Key: act.Key, Label: act.Label, Synonyms: slices.Clone(act.Synonyms), Steward: act.Steward, State: act.State})
	case TagChanged:
		t.change(act)
	}
	return nil
}

// Check tells whether Apply would take the act now, and changes nothing.
func (t *Thesaurus) Check(act Act) error {
	t.mu.RLock()
	defer t.mu.RUnlock()
	if err := t.check(act); err != nil {
		return fmt.Errorf("check %s: %w", act.Kind(), err)
	}
	return nil
}

func (t *Thesaurus) check(act Act) error {
	switch act := act.(type) {
	case TagCreated:
		if int(act.Tag) != len(t.tags)+1 {
			return contradiction("tag %d where %d is next", act.Tag, len(t.tags)+1)
		}
		if key := Fold(act.Key); key == "" || len(act.Key) > 200 || strings.ContainsRune(key, ' ') {
			return contradiction("key %q", act.Key)
		}
		if owner, taken := t.byKey[Fold(act.Key)]; taken {
			return contradiction("key %q belongs to tag %d", act.Key, owner)
		}
		return checkWords(act.Label, act.State)
	case TagChanged:
		if act.Tag < 1 || int(act.Tag) > len(t.tags) {
			return contradiction("tag %d is unknown", act.Tag)
		}
		return checkWords(act.Label, act.State)
	}
	if !Acts.Owns(act) {
		return habilitation.ErrUnknownKind
	}
	return nil
}

func checkWords(label habilitation.Label, state State) error {
	if label.IsZero() || !state.Valid() {
		return contradiction("label missing or state %q", state)
	}
	return nil
}

func (t *Thesaurus) add(tag Tag) {
	t.tags = append(t.tags, tag)
	t.byKey[Fold(tag.Key)] = tag.ID
	for _, w := range termsOf(&tag) {
		if i, known := slices.BinarySearchFunc(t.terms, w, compareTerms); !known {
			t.terms = slices.Insert(t.terms, i, w)
		}
	}
}

func (t *Thesaurus) change(act TagChanged) {
	tag := &t.tags[act.Tag-1]
	tag.Label, tag.Synonyms, tag.Steward, tag.State = act.Label, slices.Clone(act.Synonyms), act.Steward, act.State
	t.terms = slices.DeleteFunc(t.terms, func(w term) bool { return w.tag == act.Tag })
	t.terms = append(t.terms, termsOf(tag)...)
	slices.SortFunc(t.terms, compareTerms)
	t.terms = slices.Compact(t.terms)
}

// termsOf lists the folded words of a tag and their ends.
func termsOf(tag *Tag) []term {
	var terms []term
	for _, words := range append([]string{tag.Key, tag.Label.FR, tag.Label.EN}, tag.Synonyms...) {
		folded := Fold(words)
		if folded == "" {
			continue
		}
		terms = append(terms, term{text: folded, tag: tag.ID})
		for i, c := range folded {
			if strings.ContainsRune(" '-/(", c) && i+1 < len(folded) {
				terms = append(terms, term{text: folded[i+1:], inner: true, tag: tag.ID})
			}
		}
	}
	return terms
}

// Next is the number that the next tag created must bear.
func (t *Thesaurus) Next() habilitation.TagID {
	t.mu.RLock()
	defer t.mu.RUnlock()
	return habilitation.TagID(len(t.tags) + 1)
}

// Tag is the tag that bears the number.
func (t *Thesaurus) Tag(id habilitation.TagID) (Tag, bool) {
	t.mu.RLock()
	defer t.mu.RUnlock()
	return t.get(id)
}

func (t *Thesaurus) get(id habilitation.TagID) (Tag, bool) {
	if id < 1 || int(id) > len(t.tags) {
		return Tag{}, false
	}
	tag := t.tags[id-1]
	tag.Synonyms = slices.Clone(tag.Synonyms)
	return tag, true
}

// ByKey finds a tag by its key, whatever its case and accents.
func (t *Thesaurus) ByKey(key string) (Tag, bool) {
	folded := Fold(key)
	t.mu.RLock()
	defer t.mu.RUnlock()
	return t.get(t.byKey[folded])
}

// Find lists, by number, the tags of every state whose key, label or synonym is the text, whatever its case and accents.
func (t *Thesaurus) Find(text string) []habilitation.TagID {
	folded := Fold(text)
	t.mu.RLock()
	defer t.mu.RUnlock()
	var found []habilitation.TagID
	for _, w := range t.from(folded) {
		if w.text != folded {
			break
		}
		if !w.inner {
			found = append(found, w.tag)
		}
	}
	return slices.Compact(found)
}

// from is the terms from the first that does not sort before the folded text.
func (t *Thesaurus) from(folded string) []term {
	i, _ := slices.BinarySearchFunc(t.terms, folded, func(w term, text string) int { return strings.Compare(w.text, text) })
	return t.terms[i:]
}

// All iterates over the tags of every state by number. The lock is not held while the consumer works.
func (t *Thesaurus) All() iter.Seq[Tag] {
	return func(yield func(Tag) bool) {
		for id := habilitation.TagID(1); ; id++ {
			tag, ok := t.Tag(id)
			if !ok || !yield(tag) {
				return
			}
		}
	}
}

// Complete lists at most n active tags with words that begin as typed: first those whose whole key, label or synonym does, each group in
// alphabetical order. Nothing typed completes to nothing.
func (t *Thesaurus) Complete(prefix string, n int) []Tag {
	folded := Fold(prefix)
	if folded == "" || n <= 0 {
		return nil
	}
	t.mu.RLock()
	defer t.mu.RUnlock()
	var begun []term
	for _, w := range t.from(folded) {
		if !strings.HasPrefix(w.text, folded) {
			break
		}
		if t.tags[w.tag-1].State == Active {
			begun = append(begun, w)
		}
	}
	slices.SortStableFunc(begun, func(a, b term) int { return compareBool(a.inner, b.inner) })
	return t.firstTags(begun, n)
}

func (t *Thesaurus) firstTags(terms []term, n int) []Tag {
	var tags []Tag
	seen := make(map[habilitation.TagID]bool)
	for _, w := range terms {
		if len(tags) == n {
			break
		}
		if !seen[w.tag] {
			seen[w.tag] = true
			tag, _ := t.get(w.tag)
			tags = append(tags, tag)
		}
	}
	return tags
}

// contradiction says what history does not allow.
func contradiction(format string, args ...any) error {
	return fmt.Errorf("%w: %s", ErrContradiction, fmt.Sprintf(format, args...))
}
