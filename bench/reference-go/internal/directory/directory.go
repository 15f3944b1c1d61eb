// Package directory knows who may send, from memory.
package directory

import (
	"context"
	"crypto/sha256"
	"log/slog"
	"slices"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

// Key is whom a credential stands for.
type Key struct {
	FleetID   string
	Scopes    []string
	ExpiresAt *time.Time
}

// MayWrite says whether the key may send heartbeats.
func (k *Key) MayWrite() bool { return slices.Contains(k.Scopes, "heartbeats:write") }

// Directory is a snapshot of all keys, replaced whole.
type Directory struct {
	pool *pgxpool.Pool
	keys atomic.Pointer[map[[sha256.Size]byte]*Key]
}

// Load reads all keys once.
func Load(ctx context.Context, pool *pgxpool.Pool) (*Directory, error) {
	d := &Directory{pool: pool}
	return d, d.refresh(ctx)
}

// KeepFresh reads them again every 15 s, so that a revocation bites.
func (d *Directory) KeepFresh(ctx context.Context) {
	ticker := time.NewTicker(15 * time.Second)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
			if err := d.refresh(ctx); err != nil && ctx.Err() == nil {
				slog.Warn("could not refresh the directory", "error", err)
			}
		}
	}
}

// Identify finds the key of a credential, nil when nobody knows it or it expired.
func (d *Directory) Identify(credential string) *Key {
	key := (*d.keys.Load())[sha256.Sum256([]byte(credential))]
	if key == nil || (key.ExpiresAt != nil && !key.ExpiresAt.After(time.Now())) {
		return nil
	}
	return key
}

func (d *Directory) refresh(ctx context.Context) error {
	rows, err := d.pool.Query(ctx, `SELECT hash, fleet_id, scopes, expires_at FROM api_key WHERE revoked_at IS NULL`)
	if err != nil {
		return err
	}
	keys := map[[sha256.Size]byte]*Key{}
	var hash []byte
	var key Key
	_, err = pgx.ForEachRow(rows, []any{&hash, &key.FleetID, &key.Scopes, &key.ExpiresAt}, func() error {
		entry := key
		keys[[sha256.Size]byte(hash)] = &entry
		return nil
	})
	if err != nil {
		return err
	}
	d.keys.Store(&keys)
	return nil
}
