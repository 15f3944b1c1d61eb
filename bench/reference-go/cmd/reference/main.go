// Command reference is what a Go engineer would write for Corral's ingestion: the same answers, the same acknowledgement rule
// (202 only after every in-sync replica has the record), on net/http, franz-go and pgx. `reference echo` is net/http and nothing else.
package main

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"

	"corral/reference/internal/directory"
	"corral/reference/internal/intake"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/twmb/franz-go/pkg/kgo"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, syscall.SIGINT)
	defer stop()
	run := serveHeartbeats
	if len(os.Args) > 1 && os.Args[1] == "echo" {
		run = serveEcho
	}
	if err := run(ctx); err != nil {
		slog.Error("reference", "error", err)
		os.Exit(1)
	}
}

func serveHeartbeats(ctx context.Context) error {
	pool, err := pgxpool.New(ctx, os.Getenv("DATABASE_URL"))
	if err != nil {
		return err
	}
	defer pool.Close()
	known, err := directory.Load(ctx, pool)
	if err != nil {
		return err
	}
	go known.KeepFresh(ctx)

	linger, err := time.ParseDuration(orElse(os.Getenv("LINGER"), "0s"))
	if err != nil {
		return err
	}
	client, err := kgo.NewClient(
		kgo.SeedBrokers(strings.Split(os.Getenv("KAFKA_BROKERS"), ",")...),
		kgo.ClientID("corral-reference"),
		kgo.RequiredAcks(kgo.AllISRAcks()),
		// Keys go where Java's client puts them.
		kgo.RecordPartitioner(kgo.StickyKeyPartitioner(nil)),
		kgo.ProducerBatchCompression(kgo.NoCompression()),
		kgo.ProducerLinger(linger),
		kgo.MaxBufferedRecords(20_000),
		kgo.RecordDeliveryTimeout(8*time.Second),
	)
	if err != nil {
		return err
	}
	defer client.Close()
	if err := client.Ping(ctx); err != nil {
		return err
	}
	return serve(ctx, intake.NewHandler(intake.Options{
		Log:                 client,
		Directory:           known,
		MaxAge:              7 * 24 * time.Hour,
		FleetItemsPerSecond: 1e9,
	}))
}

// serveEcho answers every POST with a body as long as a 202 of ours: the floor under any service on net/http.
func serveEcho(ctx context.Context) error {
	return serve(ctx, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if _, err := io.Copy(io.Discard, r.Body); err != nil {
			return
		}
		w.Header().Set("Content-Type", "application/json; charset=utf-8")
		w.WriteHeader(http.StatusAccepted)
		_, _ = io.WriteString(w, `{"accepted":1,"rejected":[]}`)
	}))
}

func serve(ctx context.Context, handler http.Handler) error {
	listener, err := net.Listen("tcp", net.JoinHostPort("127.0.0.1", orElse(os.Getenv("PORT"), "0")))
	if err != nil {
		return err
	}
	server := &http.Server{
		Handler:           handler,
		ReadHeaderTimeout: 10 * time.Second,
		ReadTimeout:       15 * time.Second,
		IdleTimeout:       65 * time.Second,
	}
	slog.Info("listening", "url", "http://"+listener.Addr().String())
	go func() {
		<-ctx.Done()
		closing, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		defer cancel()
		_ = server.Shutdown(closing)
	}()
	if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}

func orElse(value, otherwise string) string {
	if value == "" {
		return otherwise
	}
	return value
}
