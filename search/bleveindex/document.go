package bleveindex

import (
	"encoding/binary"
	"sync"

	"chancery/search"

	index "github.com/blevesearch/bleve_index_api"
)

// The fields of the index, as doc.go describes them.
const (
	fieldIdentity = "_id"
	fieldStem     = "t"
	fieldTwice    = "t2"
	fieldFour     = "t4"
	fieldSubject  = "s"
	fieldExact    = "x"
	fieldNumber   = "n"
	fieldOwn      = "o"
)

// identity is a document's name in the index: its journal sequence.
func identity(seq uint64) string {
	var b [8]byte
	binary.BigEndian.PutUint64(b[:], seq)
	return string(b[:])
}

// document is a search.Document as the storage engine asks for it. Analysis is put off until the engine's workers call Analyze.
type document struct {
	identity string
	source   *search.Document
	scratch  *sync.Pool // of *search.Terms
	fields   []field
}

func newDocument(d *search.Document, scratch *sync.Pool) *document {
	one := &document{identity: identity(d.Seq), source: d, scratch: scratch}
	one.fields = make([]field, 0, 8)
	for _, name := range [...]string{fieldStem, fieldTwice, fieldFour, fieldSubject, fieldExact, fieldNumber, fieldOwn} {
		one.fields = append(one.fields, field{document: one, name: name, options: index.IndexField | index.SkipFreqNorm})
	}
	return one
}

// occurs stands for every occurrence: frequencies are classes, so none is kept. It is never written to.
var occurs = &index.TokenFreq{}

// analyze fills the fields in one reading of the text.
func (d *document) analyze() {
	terms := d.scratch.Get().(*search.Terms)
	defer d.scratch.Put(terms)
	terms.Read(d.source)
	stems := make(index.TokenFrequencies, len(terms.Stems))
	twice, four := index.TokenFrequencies{}, index.TokenFrequencies{}
	for stem, count := range terms.Stems {
		stems[stem] = occurs
		if count >= search.Twice {
			twice[stem] = occurs
		}
		if count >= search.FourTimes {
			four[stem] = occurs
		}
	}
	for i := range d.fields {
		switch f := &d.fields[i]; f.name {
		case fieldStem:
			f.terms = stems
		case fieldTwice:
			f.terms = twice
		case fieldFour:
			f.terms = four
		case fieldSubject:
			f.terms = frequencies(terms.Subject)
		case fieldExact:
			f.terms = frequencies(terms.Exact)
		case fieldNumber:
			f.terms = frequencies(terms.Numbers)
		case fieldOwn:
			f.terms = frequencies(terms.Own)
		}
	}
}

func frequencies(set map[string]struct{}) index.TokenFrequencies {
	terms := make(index.TokenFrequencies, len(set))
	for term := range set {
		terms[term] = occurs
	}
	return terms
}

// ID is the document's name in the index.
func (d *document) ID() string { return d.identity }

// AddIDField adds the field by which the engine finds the document again; it is the only one stored.
func (d *document) AddIDField() {
	once := &index.TokenFreq{Term: []byte(d.identity)}
	once.SetFrequency(1)
	d.fields = append(d.fields, field{document: d, name: fieldIdentity, options: index.IndexField | index.StoreField,
		value: []byte(d.identity), terms: index.TokenFrequencies{d.identity: once}})
}

// VisitFields shows the engine every field.
func (d *document) VisitFields(visit index.FieldVisitor) {
	for i := range d.fields {
		visit(&d.fields[i])
	}
}

// VisitComposite shows nothing: there are no composite fields.
func (d *document) VisitComposite(index.CompositeFieldVisitor) {}

// HasComposite is false.
func (d *document) HasComposite() bool { return false }

// Size estimates the document's memory for the engine's own statistics.
func (d *document) Size() int { return int(d.source.Length()) }

// NumPlainTextBytes is for the engine's statistics.
func (d *document) NumPlainTextBytes() uint64 { return uint64(d.source.Length()) }

// StoredFieldsBytes is the identity alone.
func (d *document) StoredFieldsBytes() uint64 { return uint64(len(d.identity)) }

// Indexed is false: the engine may not skip the document.
func (d *document) Indexed() bool { return false }

// field is one field of a document.
type field struct {
	document *document
	name     string
	options  index.FieldIndexingOptions
	value    []byte
	terms    index.TokenFrequencies
}

// Analyze is called once a field; the first one's call analyses the document.
func (f *field) Analyze() {
	if f.name == fieldStem {
		f.document.analyze()
	}
}

// Name is the field's name in the index.
func (f *field) Name() string { return f.name }

// Value is what is stored: the identity, for that field.
func (f *field) Value() []byte { return f.value }

// ArrayPositions is nil: no field is a list.
func (f *field) ArrayPositions() []uint64 { return nil }

// EncodedFieldType is the engine's letter for text.
func (f *field) EncodedFieldType() byte { return 't' }

// Options tells the engine to index, and to keep neither frequencies nor norms.
func (f *field) Options() index.FieldIndexingOptions { return f.options }

// AnalyzedLength is the number of distinct terms.
func (f *field) AnalyzedLength() int { return len(f.terms) }

// AnalyzedTokenFrequencies are the terms.
func (f *field) AnalyzedTokenFrequencies() index.TokenFrequencies { return f.terms }

// NumPlainTextBytes is for the engine's statistics, counted by the document.
func (f *field) NumPlainTextBytes() uint64 { return 0 }
