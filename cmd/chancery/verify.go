package main

import (
	"fmt"
	"os"
	"time"

	"chancery/archive"
	"chancery/cmd/assembly"
)

// verifyCommand checks everything.
type verifyCommand struct {
	Keep    string   `help:"Write the house's signed checkpoint to this file, to be kept elsewhere." placeholder:"FILE"`
	Witness []string `help:"A signed checkpoint that was kept elsewhere; the journal must go on from it." type:"existingfile" placeholder:"FILE"`
}

// foundProblem is a problem as a program reads it.
type foundProblem struct {
	Where       string `json:"where"`
	Entry       uint64 `json:"entry,omitempty"`
	What        string `json:"what"`
	Information bool   `json:"information,omitempty"` // worth knowing, no damage
}

// verified is the answer for a program.
type verified struct {
	Sound    bool           `json:"sound"`
	Entries  uint64         `json:"entries"`
	Messages int            `json:"messages"`
	Seconds  float64        `json:"seconds"`
	Problems []foundProblem `json:"problems"`
	// Checkpoint is the house's signed state: kept by somebody else and given to --witness later, it shows that nothing was set back.
	Checkpoint string `json:"checkpoint"`
}

// Run reads the whole house again and names every problem.
func (c *verifyCommand) Run(s *session) error {
	witness, err := readAll(c.Witness)
	if err != nil {
		return err
	}
	return s.within(func(house *assembly.House) error {
		begun, out := time.Now(), verified{Problems: []foundProblem{}}
		damaged := 0
		head, err := house.Journal.Head(s.ctx)
		if err != nil {
			return err
		}
		checkpoint, err := house.Trees.HouseCheckpoint(s.ctx)
		if err != nil {
			return err
		}
		out.Checkpoint = string(checkpoint)
		out.Entries, out.Messages = uint64(head.Seq), house.Chancery.Folds.Ledger.Count()
		err = s.watched(house, assembly.VerifyOptions{Witness: witness, Report: func(p archive.Problem) {
			out.Problems = append(out.Problems, foundProblem{p.Where, uint64(p.Seq), p.What, p.Information})
			switch {
			case p.Information:
				s.say("note", p)
			case !s.json:
				fmt.Fprintln(s.complaints, p)
			}
			if !p.Information {
				damaged++
			}
		}})
		out.Sound, out.Seconds = err == nil && damaged == 0, time.Since(begun).Seconds()
		if err := s.answer(out); err != nil {
			return err
		}
		if err != nil {
			return fmt.Errorf("verify: %w", err)
		}
		if damaged > 0 {
			return fmt.Errorf(words["verify_wanting"], damaged)
		}
		if c.Keep != "" {
			if err := os.WriteFile(c.Keep, checkpoint, 0o600); err != nil {
				return fmt.Errorf("keep checkpoint: %w", err)
			}
		}
		s.say("verified", out.Entries, out.Messages, time.Since(begun).Round(time.Millisecond))
		return nil
	})
}

// watched verifies with a meter for each stage.
func (s *session) watched(house *assembly.House, o assembly.VerifyOptions) error {
	var shown *meter
	var stage assembly.Stage
	o.Progress = func(now assembly.Stage, done, total archive.Seq) {
		if shown == nil || now != stage {
			if shown != nil {
				shown.end()
			}
			shown, stage = s.meter("verify "+string(now), int64(total)), now
		}
		shown.reach(int64(done))
	}
	err := house.Verify(s.ctx, o)
	if shown != nil {
		shown.end()
	}
	return err
}

func readAll(paths []string) ([][]byte, error) {
	var texts [][]byte
	for _, path := range paths {
		text, err := os.ReadFile(path)
		if err != nil {
			return nil, fmt.Errorf("read checkpoint: %w", err)
		}
		texts = append(texts, text)
	}
	return texts, nil
}
