package inspection

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"runtime"
	"strconv"
	"sync"
	"syscall"
	"time"

	"chancery/correspondence"
	"chancery/correspondence/postal"
)

// A child that reads mails lives on from one to the next, until it has read so many or so much: then another takes its place, so that neither its
// limit of processor time nor whatever it may have kept of one mail touches many others.
const (
	readerMails = 1000
	readerBytes = 256 << 20
)

// mailTries is how many children a mail may break before it is what breaks them: the second one has read nothing before it.
const mailTries = 2

// readers are the children that read mails.
type readers struct {
	program  []string
	memory   uint64        // of a child; 0: childLimits
	patience time.Duration // for one mail
	places   chan struct{} // so many are at work at a time

	mu     sync.Mutex
	idle   []*reader
	closed bool
	living sync.WaitGroup
}

// reader is one child; whoever took it from the idle ones owns it.
type reader struct {
	process *os.Process
	mails   *os.File // to the child
	answers *bufio.Reader
	pipe    *os.File // below answers
	count   int
	size    int
}

// ReadMail implements [correspondence.Inspector].
func (i *Inspector) ReadMail(ctx context.Context, raw []byte) (postal.Mail, error) {
	mail, err := i.readers.read(ctx, raw[:min(len(raw), postal.DefaultLimits().Size+1)]) // one byte more than is read tells that there is more
	if errors.Is(err, errKilled) {
		i.log.Warn("a mail broke its reader", "bytes", len(raw), "why", err.Error())
		return postal.Unread(), nil
	}
	return mail, err
}

// read has a mail read; errKilled when every child that tried it broke.
func (s *readers) read(ctx context.Context, raw []byte) (mail postal.Mail, err error) {
	if len(s.program) == 0 {
		return mail, fmt.Errorf("%w: no program for children", correspondence.ErrNotInspected)
	}
	select {
	case s.places <- struct{}{}:
		defer func() { <-s.places }()
	case <-ctx.Done():
		return mail, fmt.Errorf("wait for a child: %w", ctx.Err())
	}
	for try := range mailTries {
		var r *reader
		if r, err = s.take(ctx, try == 0); err != nil {
			return mail, err
		}
		if mail, err = r.read(ctx, raw, s.patience); err == nil {
			s.giveBack(r)
			return mail, nil
		}
		r.end()
		if ctx.Err() != nil {
			return mail, fmt.Errorf("wait for a child: %w", ctx.Err())
		}
	}
	return mail, err
}

// take gives a child that waits, where one will do, else a new one.
func (s *readers) take(ctx context.Context, used bool) (*reader, error) {
	s.mu.Lock()
	if s.closed {
		s.mu.Unlock()
		return nil, fmt.Errorf("%w: closed", correspondence.ErrNotInspected)
	}
	if last := len(s.idle) - 1; used && last >= 0 {
		r := s.idle[last]
		s.idle = s.idle[:last]
		s.mu.Unlock()
		return r, nil
	}
	started := make(chan error, 1)
	r := &reader{}
	s.living.Go(func() { s.keep(r, started) })
	s.mu.Unlock()
	err := <-started
	if err == nil {
		err = r.greet(ctx)
	}
	if err != nil {
		return nil, fmt.Errorf("%w: start child: %w", correspondence.ErrNotInspected, err)
	}
	return r, nil
}

// keep starts a child and stays with it until it is gone: the kernel kills the child when the thread that started it ends.
func (s *readers) keep(r *reader, started chan<- error) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	input, mails, err := os.Pipe()
	if err != nil {
		started <- err
		return
	}
	answers, output, err := os.Pipe()
	if err != nil {
		started <- errors.Join(err, input.Close(), mails.Close())
		return
	}
	arguments := append(append([]string{}, s.program...), jobMail)
	if s.memory > 0 {
		arguments = append(arguments, fmt.Sprint(s.memory))
	}
	cmd := exec.Command(arguments[0], arguments[1:]...) //nolint:noctx // it lives longer than whoever asks for it; readers.close ends it
	cmd.Env, cmd.Dir, cmd.SysProcAttr = []string{}, "/", apart()
	cmd.Stdin, cmd.Stdout = input, output
	err = errors.Join(cmd.Start(), input.Close(), output.Close())
	r.process, r.mails, r.pipe, r.answers = cmd.Process, mails, answers, bufio.NewReaderSize(answers, 64<<10)
	if cmd.Process == nil {
		err = errors.Join(err, mails.Close(), answers.Close())
	}
	started <- err
	if cmd.Process != nil {
		_ = cmd.Wait() // how it ended says nothing that its answers do not
	}
}

// giveBack lets a child wait for the next mail, unless it has done its share.
func (s *readers) giveBack(r *reader) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed || r.count >= readerMails || r.size >= readerBytes {
		r.end()
		return
	}
	s.idle = append(s.idle, r)
}

// close ends the children and waits for them. Nobody reads any more.
func (s *readers) close() {
	s.mu.Lock()
	s.closed = true
	for _, r := range s.idle {
		r.end()
	}
	s.idle = nil
	s.mu.Unlock()
	s.living.Wait()
}

// end kills the child: there is nothing that it would have to bring to an end.
func (r *reader) end() {
	_ = r.process.Kill()
	_ = r.mails.Close()
	_ = r.pipe.Close()
}

// within does something with the child that is to be done in time; when it is not, the child is killed and work sees its pipes broken.
func (r *reader) within(ctx context.Context, patience time.Duration, work func() error) error {
	working, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	stop := context.AfterFunc(working, func() { _ = r.process.Kill() })
	err := work()
	if !stop() && err == nil {
		err = working.Err()
	}
	if err != nil && working.Err() != nil {
		err = fmt.Errorf("%w: %w", working.Err(), err)
	}
	return err
}

// greet waits until the child says that its limits are set.
func (r *reader) greet(ctx context.Context) error {
	err := r.within(ctx, childLimits[jobMail].wall, func() error {
		said, err := r.answers.ReadByte()
		if err == nil && said != ready {
			err = errors.New("it says something else")
		}
		return err
	})
	if err != nil {
		r.end()
	}
	return err
}

// read has the child read one mail. Every wrong answer is errKilled.
func (r *reader) read(ctx context.Context, raw []byte, patience time.Duration) (mail postal.Mail, err error) {
	r.count++
	r.size += len(raw)
	err = r.within(ctx, patience, func() (err error) {
		if err = writeLength(r.mails, len(raw)); err != nil {
			return err
		}
		if _, err = r.mails.Write(raw); err != nil {
			return err
		}
		mail, err = readAnswer(r.answers, len(raw))
		return err
	})
	if err != nil {
		return postal.Mail{}, fmt.Errorf("%s: %w: %w", jobMail, errKilled, err)
	}
	return mail, nil
}

// mailChild does the work of a child that reads mails; the argument, where there is one, is what it may take of memory.
func mailChild(arguments []string, bound limits) int {
	if len(arguments) > 0 {
		memory, err := strconv.ParseUint(arguments[0], 10, 63)
		if err != nil {
			return 2
		}
		bound.memory = memory
	}
	// Whoever stops a whole service tells its every process to end; a mail that is being read is not at fault for that.
	signal.Ignore(syscall.SIGTERM, syscall.SIGINT, syscall.SIGHUP)
	runtime.GOMAXPROCS(1)
	if confine(bound) != nil {
		return 2
	}
	if readMails(os.Stdin, os.Stdout) != nil {
		return 1
	}
	return 0
}

// readMails is the child's work: mail after mail, until there is none.
func readMails(mails io.Reader, answers io.Writer) error {
	from, to := bufio.NewReaderSize(mails, 64<<10), bufio.NewWriterSize(answers, 64<<10)
	if _, err := answers.Write([]byte{ready}); err != nil {
		return err
	}
	for {
		size, err := readLength(from, postal.DefaultLimits().Size+1)
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		raw := make([]byte, size)
		if _, err := io.ReadFull(from, raw); err != nil {
			return err
		}
		if err := errors.Join(writeAnswer(to, postal.Read(raw, postal.DefaultLimits())), to.Flush()); err != nil {
			return err
		}
	}
}
