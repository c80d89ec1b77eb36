package correspondence

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strconv"
	"strings"
	"sync/atomic"

	"chancery/archive"
	"chancery/correspondence/circuit"
	"chancery/correspondence/dossier"
	"chancery/correspondence/gate"
	"chancery/correspondence/handling"
	"chancery/correspondence/keeping"
	"chancery/habilitation"
	"chancery/search"
	"chancery/tagging"
)

// Folds are everything the house knows by heart, each a fold of the journal: nothing in them is truth, all of it can be made again.
type Folds struct {
	Register     *habilitation.Register
	Thesaurus    *tagging.Thesaurus
	Declarations *tagging.Declarations
	Dossiers     *dossier.Dossiers
	Ledger       *Ledger
	Rows         *search.Rows
	Circuits     *circuit.Circuits
	Gate         *gate.Gate
	Handling     *handling.Matters
	Keeping      *keeping.Shelves
	Lives        *Lives
	changes      *changes               // what streams tell anew; memory only
	through      map[string]archive.Seq // by snapshot name: the last entry that each has folded
	waiting      []search.Document      // owned by replay: what the rows have not taken yet
	marked       atomic.Uint64          // counts the markings that were swapped
}

// NewFolds returns the folds of an empty journal.
func NewFolds() *Folds {
	return &Folds{Register: habilitation.NewRegister(), Thesaurus: tagging.NewThesaurus(), Declarations: tagging.NewDeclarations(),
		Ledger: NewLedger(), Rows: search.NewRows(), Circuits: circuit.NewCircuits(), Gate: gate.New(), Dossiers: dossier.New(), Handling: handling.NewMatters(), Keeping: keeping.New(), Lives: NewLives(),
		changes: &changes{}, through: map[string]archive.Seq{}}
}

// least is the last entry that every fold has folded.
func (f *Folds) least() archive.Seq {
	least := f.through[snapshotNames[0]]
	for _, name := range snapshotNames[1:] {
		least = min(least, f.through[name])
	}
	return least
}

// replay folds what the journal holds beyond the snapshots, up to its head.
func (f *Folds) replay(ctx context.Context, journal archive.Journal, head archive.Head, log *slog.Logger) error {
	from := f.least() + 1
	if from > head.Seq {
		return nil
	}
	log.Info("folding the journal", "from", from, "to", head.Seq)
	rowsBehind := f.through[snapshotRows] < f.through[snapshotHandling]
	for entry, err := range journal.Tail(ctx, from) {
		if err != nil && !errors.Is(err, archive.ErrErased) {
			return fmt.Errorf("fold entry %d: %w", entry.Seq, err)
		}
		if err == nil {
			document, err := f.fold(entry)
			if err != nil {
				return fmt.Errorf("fold entry %d: %w", entry.Seq, err)
			}
			if document != nil {
				f.await(*document)
			}
		}
		if entry.Seq == head.Seq {
			break
		}
	}
	f.flush()
	if rowsBehind {
		f.reachAll()
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	f.foldedThrough(head.Seq)
	return nil
}

func (f *Folds) foldedThrough(seq archive.Seq) {
	for _, name := range snapshotNames {
		f.through[name] = seq
	}
}

// fold applies one entry to every fold that has not seen it; the document is what rows and words are to learn of a message.
func (f *Folds) fold(e archive.Entry) (*search.Document, error) {
	switch e.Kind {
	case kindReleased, kindImported, kindReceived:
		d, err := decodeDispatch(e)
		if err != nil {
			return nil, err
		}
		return f.foldMessage(e.Seq, d)
	}
	return nil, f.foldAct(e)
}

func (f *Folds) foldMessage(seq archive.Seq, d *Dispatch) (*search.Document, error) {
	document := documentOf(seq, d)
	if seq > f.through[snapshotLedger] {
		if err := f.Ledger.apply(uint64(seq), d); err != nil {
			return nil, err
		}
		f.Ledger.remember(d.ID, sketchOf(document.Text))
	}
	if seq > f.through[snapshotGate] {
		f.leaves(d)
	}
	if seq > f.through[snapshotCircuits] {
		f.released(d)
	}
	if seq > f.through[snapshotHandling] {
		f.begin(d)
	}
	if seq <= f.through[snapshotRows] {
		return nil, nil
	}
	f.foldCorrection(d)
	return &document, nil
}

// foldAct gives an act to the fold whose kind it is; a kind that no fold knows stops the program.
func (f *Folds) foldAct(e archive.Entry) error {
	for _, family := range f.families() {
		act, err := family.acts.Decode(e.Kind, e.Version, e.Payload)
		if errors.Is(err, habilitation.ErrUnknownKind) {
			continue
		}
		if err != nil {
			return err
		}
		if e.Seq > f.through[snapshotLives] {
			f.Lives.note(e.Seq, act)
		}
		if e.Seq <= f.through[family.snapshot] {
			return nil
		}
		return family.apply(e.Header, act)
	}
	return fmt.Errorf("read %s version %d: %w", e.Kind, e.Version, habilitation.ErrUnknownKind)
}

// apply folds one act that the journal holds.
func (f *Folds) apply(h archive.Header, act habilitation.Act) error {
	f.Lives.note(h.Seq, act)
	return f.familyOf(act).apply(h, act)
}

// check tells what the folds would say to an act, and changes nothing.
func (f *Folds) check(act habilitation.Act) error { return f.familyOf(act).check(act) }

// documentOf is an archived message as the search half of the house learns of it. Signed bytes that cannot be read leave the words out:
// the message stays in every list, and Verify names the damage.
func documentOf(seq archive.Seq, d *Dispatch) search.Document {
	parts, err := parseOriginal(d.Original)
	if err != nil {
		parts = Parts{}
	}
	return newDocument(seq, d, parts.Summary, parts.Text, parts.Comment)
}

func newDocument(seq archive.Seq, d *Dispatch, summary, text, comment string) search.Document {
	h := headlineOf(uint64(seq), d)
	text = documentText(text, comment, &d.Particulars)
	return search.Document{ID: d.ID, Seq: uint64(seq), Time: timeOf(h.at), Kind: search.Kind(d.Kind), Imported: h.imported, Marking: d.marking(),
		Origin: d.Origin.Audience, Language: d.Language, Subject: d.Subject, Summary: summary, Text: text, FilesLength: d.wordsOfFiles(), Names: namesOf(d), Numbers: numbersOf(d), Own: ownNumbers(d)}
}

// documentText is the words of a message below its summary, with those that it is to be found by.
func documentText(text, comment string, p *Particulars) string {
	for _, words := range []string{comment, strings.Join(p.FreeTags, ", "), strings.Join(p.Countries, ", ")} {
		if words != "" {
			text += "\n\n" + words
		}
	}
	return text
}

// withWords adds the words of a message's files to what the index learns of it.
func withWords(ctx context.Context, vault archive.Vault, document search.Document, d *Dispatch) (search.Document, error) {
	if document.FilesLength == 0 {
		return document, nil
	}
	words, err := readWords(ctx, vault, &d.record)
	document.Files = words
	return document, err
}

// namesOf lists the people of the signed headers, and what is printed there of an imported record. Groups and tags are asked for as such
// (from: to: tag:): their names would make every message to a ministry of health answer to "health".
func namesOf(d *Dispatch) []string {
	var names []string
	for _, p := range d.hands() {
		names = append(names, p.Name)
	}
	names = append(names, d.Persons...)
	if p := d.Provenance; p != nil {
		names = append(append(names, p.From), p.To...)
	}
	return names
}

// numbersOf lists every number by which the message may be asked for, but those with a year: a year alone is no number.
func numbersOf(d *Dispatch) []string {
	numbers := printedNumbers(d)
	for _, to := range d.Addressees {
		if to.N > 0 {
			numbers = append(numbers, fmt.Sprintf("%s %d", to.Timbre, to.N))
		}
	}
	return numbers
}

// printedNumbers are the number of the message itself as it is printed.
func printedNumbers(d *Dispatch) []string {
	n := d.printedNumber()
	switch {
	case n == "":
		return nil
	case d.Number == nil: // printed without its origin: asked for as ROME 1234 all the same
		return []string{n, d.Origin.Timbre + " " + n}
	}
	return []string{n}
}

// ownNumbers lists the ways to write the number of the message itself, with the year of its series before or after the figure too.
func ownNumbers(d *Dispatch) []string {
	own := printedNumbers(d)
	if n := d.number(); n.Year > 0 {
		own = append(own, n.InYear(), n.String()+"/"+strconv.Itoa(n.Year))
	}
	return own
}
