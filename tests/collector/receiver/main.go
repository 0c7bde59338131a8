// The OpenTelemetry Collector's own OTLP receiver, for tests: it listens on free ports of this machine, and writes each
// request that arrives as one line of OTLP/JSON. Its first line names the addresses. It ends with its standard input.
package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log"
	"net"
	"os"
	"os/signal"
	"sync"
	"syscall"

	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/component/componenttest"
	"go.opentelemetry.io/collector/confmap"
	"go.opentelemetry.io/collector/consumer"
	"go.opentelemetry.io/collector/pdata/ptrace"
	"go.opentelemetry.io/collector/receiver"
	"go.opentelemetry.io/collector/receiver/otlpreceiver"
)

// freeAddress asks the system for a port that nobody listens on.
func freeAddress() (string, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	defer listener.Close()
	return listener.Addr().String(), nil
}

// lines writes whole lines from many requests at once.
type lines struct {
	mutex  sync.Mutex
	writer *bufio.Writer
}

func (l *lines) put(line []byte) error {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	if _, err := l.writer.Write(append(line, '\n')); err != nil {
		return err
	}
	return l.writer.Flush()
}

// start runs the receiver on the given addresses.
func start(ctx context.Context, addresses map[string]string, out *lines) (component.Component, error) {
	protocols := map[string]any{}
	for protocol, address := range addresses {
		protocols[protocol] = map[string]any{"endpoint": address}
	}
	factory := otlpreceiver.NewFactory()
	config := factory.CreateDefaultConfig()
	if err := confmap.NewFromStringMap(map[string]any{"protocols": protocols}).Unmarshal(config); err != nil {
		return nil, err
	}
	marshaler := &ptrace.JSONMarshaler{}
	traces, err := consumer.NewTraces(func(_ context.Context, data ptrace.Traces) error {
		line, err := marshaler.MarshalTraces(data)
		if err != nil {
			return err
		}
		return out.put(line)
	})
	if err != nil {
		return nil, err
	}
	settings := receiver.Settings{
		ID:                component.NewID(factory.Type()),
		TelemetrySettings: componenttest.NewNopTelemetrySettings(),
		BuildInfo:         component.NewDefaultBuildInfo(),
	}
	running, err := factory.CreateTraces(ctx, settings, config, traces)
	if err != nil {
		return nil, err
	}
	return running, running.Start(ctx, componenttest.NewNopHost())
}

// run serves until the standard input or the process is ended.
func run() error {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	addresses := map[string]string{}
	for _, protocol := range []string{"http", "grpc"} {
		address, err := freeAddress()
		if err != nil {
			return err
		}
		addresses[protocol] = address
	}
	out := &lines{writer: bufio.NewWriter(os.Stdout)}
	running, err := start(ctx, addresses, out)
	if err != nil {
		return fmt.Errorf("the receiver does not start: %w", err)
	}
	first, err := json.Marshal(addresses)
	if err != nil {
		return err
	}
	if err := out.put(first); err != nil {
		return err
	}
	go func() {
		_, _ = io.Copy(io.Discard, os.Stdin)
		stop()
	}()
	<-ctx.Done()
	return running.Shutdown(context.Background())
}

func main() {
	if err := run(); err != nil {
		log.Fatal(err)
	}
}
