// Package inspectiontest starts a real clamd for tests, with two signatures of its own and nothing from the network.
package inspectiontest

import (
	"bytes"
	"crypto/md5" //nolint:gosec // the format of ClamAV's .hdb files
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"
)

// Eicar is the file that every scanner finds (eicar.org), put together here so that none finds it in this text.
func Eicar() []byte {
	return []byte(`X5O!P%@AP[4\PZX54(P^)7CC)7}$EICAR-` + `STANDARD-ANTIVIRUS-TEST-FILE!$H+H*`)
}

// StreamLimit is the most that the daemon takes in one stream, in bytes.
const StreamLimit = 4 << 20

// Clamd is a scanner that the test may stop, kill and start again.
type Clamd struct {
	Address string // as the configuration has it: "unix:PATH"
	t       *testing.T
	folder  string
	process *exec.Cmd
}

// Start starts a daemon that ends with the test. Where none is installed the test is skipped, and says what was not checked.
func Start(t *testing.T) *Clamd {
	t.Helper()
	if _, err := exec.LookPath("clamd"); err != nil {
		t.Skip("NOT CHECKED: clamd is not installed, so nothing is asked of a real scanner (Debian: clamav-daemon)")
	}
	folder, err := os.MkdirTemp("", "clamd-") // short: the path of a socket has little room
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(folder) })
	c := &Clamd{Address: "unix:" + filepath.Join(folder, "socket"), t: t, folder: folder}
	eicar := Eicar()
	signatures := fmt.Sprintf("%x:%d:Chancery.Test.Eicar\n%x:%d:Chancery.Test.Other\n", md5.Sum(eicar), len(eicar), md5.Sum([]byte("other")), len("other")) //nolint:gosec // see above
	config := fmt.Sprintf("LocalSocket %s\nDatabaseDirectory %s\nTemporaryDirectory %s\nForeground yes\nStreamMaxLength %d\nAlertExceedsMax yes\nMaxThreads 4\nLogFile %s\n",
		filepath.Join(folder, "socket"), folder, folder, StreamLimit, filepath.Join(folder, "log"))
	for name, text := range map[string]string{"test.hdb": signatures, "clamd.conf": config} {
		if err := os.WriteFile(filepath.Join(folder, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	c.Resume()
	t.Cleanup(c.Kill)
	return c
}

// Resume starts the daemon after Kill and waits until it answers.
func (c *Clamd) Resume() {
	c.t.Helper()
	_ = os.Remove(filepath.Join(c.folder, "socket"))
	c.process = exec.Command("clamd", "--config-file="+filepath.Join(c.folder, "clamd.conf"))
	if err := c.process.Start(); err != nil {
		c.t.Fatal(err)
	}
	for deadline := time.Now().Add(20 * time.Second); ; time.Sleep(10 * time.Millisecond) {
		if c.answers() {
			return
		}
		if time.Now().After(deadline) {
			log, _ := os.ReadFile(filepath.Join(c.folder, "log"))
			c.t.Fatalf("clamd does not answer: %s", log)
		}
	}
}

func (c *Clamd) answers() bool {
	conn, err := net.Dial("unix", filepath.Join(c.folder, "socket"))
	if err != nil {
		return false
	}
	defer conn.Close()
	_ = conn.SetDeadline(time.Now().Add(time.Second))
	if _, err := conn.Write([]byte("zPING\x00")); err != nil {
		return false
	}
	reply := make([]byte, 5)
	n, _ := conn.Read(reply)
	return bytes.Equal(reply[:n], []byte("PONG\x00"))
}

// Kill ends the daemon at once, in the middle of whatever it does.
func (c *Clamd) Kill() {
	if c.process == nil {
		return
	}
	_ = c.process.Process.Kill()
	_ = c.process.Wait()
	c.process = nil
}
