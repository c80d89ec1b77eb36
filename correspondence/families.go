package correspondence

import (
	"errors"
	"time"

	"chancery/archive"
	"chancery/correspondence/circuit"
	"chancery/correspondence/dossier"
	"chancery/correspondence/gate"
	"chancery/correspondence/handling"
	"chancery/correspondence/keeping"
	"chancery/habilitation"
	"chancery/tagging"
)

// family is the acts of one package: how they are written and read, and which folds they go to.
type family struct {
	snapshot string // the file of the folds that the acts go to
	acts     habilitation.Codec
	apply    func(h archive.Header, act habilitation.Act) error
	check    func(habilitation.Act) error
}

// families are all acts that the house knows.
func (f *Folds) families() []family {
	return []family{
		{snapshotHandling, handling.Acts, f.applyHandling, f.Handling.Check},
		{snapshotCircuits, circuit.Acts, timed(f.Circuits.Apply), f.Circuits.Check},
		{snapshotGate, gate.Acts, timed(f.Gate.Apply), f.Gate.Check},
		{snapshotKeeping, keeping.Acts, timed(f.Keeping.Apply), f.Keeping.Check},
		{snapshotDossiers, dossier.Acts, timed(f.Dossiers.Apply), f.Dossiers.Check},
		{snapshotThesaurus, tagging.Acts, timed(f.applyTagging), f.checkTagging},
		{snapshotRegister, habilitation.Acts, timed(f.Register.Apply), f.Register.Check},
	}
}

// timed gives a fold what it needs of an entry's header: when it was done, and by whom.
func timed(apply func(time.Time, habilitation.AgentID, habilitation.Act) error) func(archive.Header, habilitation.Act) error {
	return func(h archive.Header, act habilitation.Act) error { return apply(h.Time, h.Actor, act) }
}

func (f *Folds) familyOf(act habilitation.Act) family {
	all := f.families()
	for _, one := range all[:len(all)-1] {
		if one.acts.Owns(act) {
			return one
		}
	}
	return all[len(all)-1]
}

// applyTagging gives an act about tags to both folds that they go to.
func (f *Folds) applyTagging(at time.Time, by habilitation.AgentID, act habilitation.Act) error {
	if err := f.Thesaurus.Apply(at, by, act); err != nil {
		return err
	}
	return f.Declarations.Apply(at, by, act)
}

func (f *Folds) checkTagging(act habilitation.Act) error {
	return errors.Join(f.Thesaurus.Check(act), f.Declarations.Check(act))
}
