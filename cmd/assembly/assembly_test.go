package assembly_test

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"chancery/archive"
	"chancery/cmd/assembly"
	"chancery/habilitation"
)

func newHouse(t *testing.T) string {
	t.Helper()
	folder := filepath.Join(t.TempDir(), "house")
	if err := assembly.Init(context.Background(), folder, assembly.InitOptions{Name: "Maison d’essai", Domain: "essai.example"}); err != nil {
		t.Fatal(err)
	}
	return folder
}

func openHouse(t *testing.T, folder string, o assembly.Options) *assembly.House {
	t.Helper()
	house, err := assembly.Open(context.Background(), folder, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = house.Close() })
	return house
}

func TestHouseOpensAgainAsItWasClosed(t *testing.T) {
	ctx, folder := context.Background(), newHouse(t)
	house := openHouse(t, folder, assembly.Options{})
	act := habilitation.AgentAdded{Agent: 1, Login: "jean", Name: "Jean", Level: habilitation.Restricted}
	if err := house.Chancery.Enact(ctx, 0, act); err != nil {
		t.Fatal(err)
	}
	if err := house.Close(); err != nil {
		t.Fatal(err)
	}
	house = openHouse(t, folder, assembly.Options{})
	if agent, known := house.Chancery.Folds.Register.AgentByLogin("jean"); !known || agent.Name != "Jean" {
		t.Errorf("after opening again the agent is %+v, known %v", agent, known)
	}
}

func TestEverythingInTheFolderIsTheOwnersAlone(t *testing.T) {
	folder := newHouse(t)
	err := filepath.WalkDir(filepath.Dir(folder), func(path string, entry fs.DirEntry, err error) error {
		if err != nil || path == filepath.Dir(folder) {
			return err
		}
		info, err := entry.Info()
		if err == nil && info.Mode().Perm()&0o077 != 0 {
			t.Errorf("%s has mode %v", path, info.Mode())
		}
		return err
	})
	if err != nil {
		t.Error(err)
	}
	if _, err := os.Stat(folder + ".key"); err != nil {
		t.Errorf("the master key does not stand beside the folder: %v", err)
	}
}

func TestOpenRefuses(t *testing.T) {
	ctx, folder := context.Background(), newHouse(t)
	t.Run("a folder without a house", func(t *testing.T) {
		if _, err := assembly.Open(ctx, t.TempDir(), assembly.Options{}); !errors.Is(err, assembly.ErrNoHouse) {
			t.Errorf("got %v", err)
		}
	})
	t.Run("another master key", func(t *testing.T) {
		other := archive.NewMasterKey()
		if _, err := assembly.Open(ctx, folder, assembly.Options{MasterKey: &other}); !errors.Is(err, archive.ErrWrongMasterKey) {
			t.Errorf("got %v", err)
		}
	})
	t.Run("a second opening", func(t *testing.T) {
		openHouse(t, folder, assembly.Options{})
		if _, err := assembly.Open(ctx, folder, assembly.Options{}); !errors.Is(err, archive.ErrLocked) {
			t.Errorf("got %v", err)
		}
	})
}

func TestInitRefuses(t *testing.T) {
	ctx, folder := context.Background(), newHouse(t)
	options := assembly.InitOptions{Name: "Maison", Domain: "essai.example"}
	if err := assembly.Init(ctx, folder, options); !errors.Is(err, assembly.ErrHouseExists) {
		t.Errorf("a second house in the folder: %v", err)
	}
	other := t.TempDir()
	if err := os.WriteFile(filepath.Join(other, "letters.txt"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := assembly.Init(ctx, other, options); !errors.Is(err, assembly.ErrFolderNotEmpty) {
		t.Errorf("a folder that holds something else: %v", err)
	}
	options.MasterKeyFile = filepath.Join(other, "house", "master.key")
	if err := assembly.Init(ctx, filepath.Join(other, "house"), options); err == nil || !strings.Contains(err.Error(), "outside") {
		t.Errorf("a master key inside the folder: %v", err)
	}
}

func TestLostIndexAndSnapshotsAreMadeAgain(t *testing.T) {
	folder := newHouse(t)
	house := openHouse(t, folder, assembly.Options{})
	if err := house.Chancery.Enact(context.Background(), 0, habilitation.AgentAdded{Agent: 1, Login: "jean", Name: "Jean", Level: habilitation.Restricted}); err != nil {
		t.Fatal(err)
	}
	if err := house.Close(); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"index", "snapshots"} {
		if err := os.RemoveAll(filepath.Join(folder, name)); err != nil {
			t.Fatal(err)
		}
	}
	house = openHouse(t, folder, assembly.Options{})
	if err := house.Chancery.Settled(t.Context()); err != nil {
		t.Error(err)
	}
	if house.Chancery.Folds.Register.AgentCount() != 1 {
		t.Error("the register is not what the journal says")
	}
}

func TestWrongConfigurationNamesKeyAndLine(t *testing.T) {
	for name, c := range map[string]struct{ replace, with, want string }{
		"no such scanner":  {`scanner = ""`, `scanner = "clamd"`, "chancery.toml line 41: scanner: "},
		"wrong value":      {`listen = "127.0.0.1:8080"`, `listen = "nowhere"`, "chancery.toml line 11: listen: "},
		"number too small": {"streams = 10000", "streams = 0", "chancery.toml line 35: streams: "},
		"cheap hashing":    {"argon_memory_kib = 47104", "argon_memory_kib = 8", "chancery.toml line 77: argon_memory_kib: "},
		"signing for ever": {"signing_window_minutes = 15", "signing_window_minutes = 9999", "chancery.toml line 81: signing_window_minutes: "},
		"not a number":     {"streams = 10000", `streams = "many"`, "chancery.toml line 35: streams: "},
		"unknown key":      {"streams = 10000", "strems = 10000", "chancery.toml line 35: strems: no such key"},
		"key twice":        {"streams = 10000", "streams = 10\nstreams = 11", "chancery.toml line 36: streams: is set on line 35 already"},
		"no such engine":   {`"bolt:journal.db"`, `"postgres://x"`, "chancery.toml line 25: journal: "},
		"open quote":       {`log_level = "info"`, `log_level = "info`, "chancery.toml line 31: log_level: "},
		"not a line":       {`log_level = "info"`, `log level`, "chancery.toml line 31: "},
	} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(newHouse(t), "chancery.toml")
			text, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			if !strings.Contains(string(text), c.replace) {
				t.Fatalf("the file has no %q", c.replace)
			}
			if err := os.WriteFile(path, []byte(strings.Replace(string(text), c.replace, c.with, 1)), 0o600); err != nil {
				t.Fatal(err)
			}
			_, err = assembly.Open(context.Background(), filepath.Dir(path), assembly.Options{})
			if !errors.Is(err, assembly.ErrConfig) || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v\nwant %s", err, c.want)
			}
		})
	}
}

func TestFlagsWinOverEnvironmentAndEnvironmentOverFile(t *testing.T) {
	file := []assembly.Setting{{Key: "name", Value: "Maison", Place: "file"}, {Key: "domain", Value: "essai.example", Place: "file"},
		{Key: "master_key_file", Value: "../k", Place: "file"}, {Key: "streams", Value: "1", Place: "file"}, {Key: "listen", Value: "127.0.0.1:1", Place: "file"}}
	environment := assembly.FromEnvironment(func(name string) (string, bool) {
		value, set := map[string]string{"CHANCERY_STREAMS": "2", "CHANCERY_LISTEN": "127.0.0.1:2"}[name]
		return value, set
	})
	flags := []assembly.Setting{{Key: "listen", Value: "127.0.0.1:3", Place: "--listen"}}
	config, err := assembly.NewConfig(append(append(file, environment...), flags...)...)
	if err != nil || config.Streams != 2 || config.Listen != "127.0.0.1:3" {
		t.Errorf("got %+v, %v", config, err)
	}
}

// reads notes a reading that cites what the house has decided so far, as a desk does.
func reads(t *testing.T, house *assembly.House) {
	t.Helper()
	head, err := house.Journal.Head(t.Context())
	if err == nil {
		_, err = house.Readings.Append(t.Context(), archive.AnyHead, []archive.Draft{{ID: habilitation.NewID(), Kind: "message.opened", Version: 1, Level: habilitation.Restricted, Cites: head}})
	}
	if err != nil {
		t.Fatal(err)
	}
}

// adds decides something.
func adds(t *testing.T, house *assembly.House, agent habilitation.AgentID) {
	t.Helper()
	login := fmt.Sprint("agent", agent)
	if err := house.Chancery.Enact(t.Context(), 0, habilitation.AgentAdded{Agent: agent, Login: login, Name: login, Level: habilitation.Restricted}); err != nil {
		t.Fatal(err)
	}
}

// verified is what a verification finds, and what it notes besides.
func verified(t *testing.T, house *assembly.House) (problems, notes []string) {
	t.Helper()
	err := house.Verify(t.Context(), assembly.VerifyOptions{Report: func(p archive.Problem) {
		if p.Information {
			notes = append(notes, p.String())
		} else {
			problems = append(problems, p.String())
		}
	}})
	if err != nil {
		t.Fatal(err)
	}
	return problems, notes
}

// TestJournalsThatWereSetBack puts an older state of either journal back beside a newer one of the other, with nothing else in the folder that
// knew more: the other tells. Restored on purpose, the house goes on, and a verification notes it.
func TestJournalsThatWereSetBack(t *testing.T) {
	for name, part := range map[string]string{"the journal": "journal.db", "the readings": "readings"} {
		t.Run(name, func(t *testing.T) {
			folder := newHouse(t)
			house := openHouse(t, folder, assembly.Options{})
			adds(t, house, 1)
			reads(t, house)
			closeHouse(t, house)
			older := filepath.Join(t.TempDir(), "older")
			if err := os.CopyFS(older, os.DirFS(folder)); err != nil {
				t.Fatal(err)
			}
			house = openHouse(t, folder, assembly.Options{})
			for agent := habilitation.AgentID(2); agent < 5; agent++ {
				adds(t, house, agent)
				reads(t, house)
			}
			adds(t, house, 5)
			if problems, _ := verified(t, house); len(problems) > 0 {
				t.Errorf("before: %q", problems)
			}
			closeHouse(t, house)
			for _, gone := range []string{"snapshots", "index", part} {
				if err := os.RemoveAll(filepath.Join(folder, gone)); err != nil {
					t.Fatal(err)
				}
			}
			if err := os.CopyFS(filepath.Join(folder, "put-back"), os.DirFS(older)); err != nil {
				t.Fatal(err)
			}
			if err := os.Rename(filepath.Join(folder, "put-back", part), filepath.Join(folder, part)); err != nil {
				t.Fatal(err)
			}
			for range 2 { // being refused changes nothing
				if _, err := assembly.Open(t.Context(), folder, assembly.Options{}); !errors.Is(err, archive.ErrSetBack) {
					t.Fatalf("opened: %v", err)
				}
			}
			closeHouse(t, openHouse(t, folder, assembly.Options{Restored: true}))
			house = openHouse(t, folder, assembly.Options{})
			adds(t, house, house.Chancery.Folds.Register.NextAgent())
			reads(t, house)
			problems, notes := verified(t, house)
			if len(problems) > 0 || !strings.Contains(strings.Join(notes, "\n"), "restored on purpose") {
				t.Errorf("restored: problems %q, notes %q", problems, notes)
			}
			closeHouse(t, house)
			closeHouse(t, openHouse(t, folder, assembly.Options{}))
		})
	}
}

// TestAWholeBackupNeedsNoFlag opens a copy of the folder as it was, with and without what can be made again.
func TestAWholeBackupNeedsNoFlag(t *testing.T) {
	folder := newHouse(t)
	house := openHouse(t, folder, assembly.Options{})
	adds(t, house, 1)
	reads(t, house)
	closeHouse(t, house)
	for _, without := range [][]string{nil, {"index"}, {"snapshots", "index"}} {
		backup := filepath.Join(t.TempDir(), "house")
		if err := os.CopyFS(backup, os.DirFS(folder)); err != nil {
			t.Fatal(err)
		}
		for _, name := range without {
			if err := os.RemoveAll(filepath.Join(backup, name)); err != nil {
				t.Fatal(err)
			}
		}
		key, err := archive.ReadMasterKey(folder + ".key")
		if err != nil {
			t.Fatal(err)
		}
		house := openHouse(t, backup, assembly.Options{MasterKey: &key})
		if problems, _ := verified(t, house); len(problems) > 0 {
			t.Errorf("without %v: %q", without, problems)
		}
		closeHouse(t, house)
	}
}

func closeHouse(t *testing.T, house *assembly.House) {
	t.Helper()
	if err := house.Close(); err != nil {
		t.Fatal(err)
	}
}
