package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/smtp"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"chancery/correspondence/boltqueue"
	"chancery/correspondence/postal"
)

// serving starts the program with SMTP on a free port and returns where it listens; kill ends it as a power cut would.
func serving(t testing.TB, folder string) (told map[string]string, kill func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context()) // CommandContext kills with SIGKILL
	program := command(ctx, ".", []string{"CHANCERY_SMTP_LISTEN=127.0.0.1:0"}, "serve", "--data", folder, "--listen", "127.0.0.1:0", "--json")
	out, err := program.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := program.Start(); err != nil {
		t.Fatal(err)
	}
	if err := json.NewDecoder(bufio.NewReader(out)).Decode(&told); err != nil || told["smtp"] == "" {
		t.Fatalf("it tells %v: %v", told, err)
	}
	return told, sync.OnceFunc(func() {
		cancel()
		_ = program.Wait()
	})
}

// deliver sends one mail in clear, over a connection of its own.
func deliver(address string, n int) error {
	return send(address, "inconnu@essai.example", fmt.Sprintf("From: a@example.org\r\nSubject: %d\r\n\r\nBonjour.\r\n", n))
}

func send(address, to, mail string) error {
	client, err := smtp.Dial(address)
	if err != nil {
		return err
	}
	defer func() { _ = client.Close() }()
	if err := errors.Join(client.Mail("a@example.org"), client.Rcpt(to)); err != nil {
		return err
	}
	w, err := client.Data()
	if err != nil {
		return err
	}
	_, err = io.WriteString(w, mail)
	return errors.Join(err, w.Close())
}

// TestKilledServerLosesNoMailThatItAcknowledged cuts the program off while mail comes in, several times: whatever was acknowledged is archived,
// and once, though every mail that was not is sent again.
func TestKilledServerLosesNoMailThatItAcknowledged(t *testing.T) {
	const count = 60
	folder := filepath.Join(t.TempDir(), "house")
	if out, err := command(t.Context(), ".", nil, "init", "--data", folder, "--domain", "essai.example").CombinedOutput(); err != nil {
		t.Fatalf("init: %v\n%s", err, out)
	}
	var mu sync.Mutex
	acknowledged := map[int]bool{}
	next, kills := 0, 0
	for len(acknowledged) < count {
		told, kill := serving(t, folder)
		if kills < 2 {
			time.AfterFunc(time.Duration(60+40*kills)*time.Millisecond, kill)
		}
		var senders sync.WaitGroup
		for range 4 {
			senders.Go(func() {
				for {
					mu.Lock()
					for next < count && acknowledged[next] {
						next++
					}
					n := next
					next++
					mu.Unlock()
					if n >= count || deliver(told["smtp"], n) != nil {
						return
					}
					mu.Lock()
					acknowledged[n] = true
					mu.Unlock()
				}
			})
		}
		senders.Wait()
		if next = 0; kills >= 2 {
			again, once := deliver(told["smtp"], 0), deliver(told["smtp"], 1) // what came before comes again
			if err := errors.Join(again, once); err != nil {
				t.Fatal(err)
			}
			time.Sleep(200 * time.Millisecond)
		}
		kill()
		kills++
	}
	waitForMail(t, folder, count)
}

// waitForMail serves the house, each time for longer, until its queue is empty. Whatever was acknowledged is in the archive or in the queue all the
// while, and in the end in the archive, once.
func waitForMail(t *testing.T, folder string, count int) {
	t.Helper()
	for patience := time.Second; ; patience *= 2 {
		_, kill := serving(t, folder)
		time.Sleep(patience)
		kill()
		kept, waiting := archived(t, folder), queued(t, folder)
		switch {
		case kept+waiting < count:
			t.Fatalf("%d mails archived and %d queued of %d that were acknowledged", kept, waiting, count)
		case waiting == 0 && kept != count:
			t.Fatalf("%d messages of %d mails", kept, count)
		case waiting == 0:
			return
		case patience > time.Minute:
			t.Fatalf("%d mails are still queued after %v", waiting, patience)
		}
	}
}

// archived is how many messages the house holds, which must be sound.
func archived(t *testing.T, folder string) int {
	t.Helper()
	out, err := command(t.Context(), ".", nil, "verify", "--data", folder, "--json").Output()
	if err != nil {
		t.Fatalf("verify: %v\n%s", err, out)
	}
	var verdict verified
	if err := json.Unmarshal(out, &verdict); err != nil || !verdict.Sound {
		t.Fatalf("%+v, %v", verdict, err)
	}
	return verdict.Messages
}

// queued is how many mails wait in the house's queue.
func queued(t *testing.T, folder string) int {
	t.Helper()
	queue, err := boltqueue.Open(filepath.Join(folder, "arrivals.db"), postal.Bounds{})
	if err != nil {
		t.Fatal(err)
	}
	load, _ := queue.Load()
	if err := queue.Close(); err != nil {
		t.Fatal(err)
	}
	return load.Items
}
