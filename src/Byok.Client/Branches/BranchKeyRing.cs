using System.Collections.Concurrent;
using Byok.Client.Reading;
using Byok.Core.Branches;
using Byok.Core.Envelope;
using Byok.Core.Errors;
using Byok.Core.Keys;
using Byok.Storage;

namespace Byok.Client.Branches;

/// <summary>
/// Opens branch keys: checks the pins, takes the record and a blob's copy as candidates, has the vault unwrap one, and keeps the key for the key cache time, counted
/// from when the unwrapping began and never extended by use. So the vault is asked by the branch and the minute, and not by the blob.
/// </summary>
public sealed class BranchKeyRing : IDisposable
{
    /// <summary>A branch that is not pinned, or a key that is not available, causes a fresh look, but no more often than this: who may write storage names any branch he likes.</summary>
    private static readonly TimeSpan NegativeAnswerTime = TimeSpan.FromSeconds(5);

    private readonly KeyCache _keys;
    private readonly KeySelection _selection;
    private readonly BranchRecords _records;
    private readonly ClientOptions _options;
    private readonly TimeProvider _time;
    private readonly Lock _lock = new();
    private readonly Dictionary<(string KeyName, BranchName Branch, BranchWrapping? Copy), BranchOpening> _openings = [];
    private readonly ConcurrentDictionary<(KeyIdentifier Version, BranchName Branch), BranchWrapping> _copies = [];
    private readonly ITimer _sweeper;

    /// <summary>Keeps branch keys for <see cref="ClientOptions.KeyCacheTime"/>.</summary>
    public BranchKeyRing(KeyCache keys, KeySelection selection, BranchRecords records, ClientOptions options, TimeProvider time)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(time);
        (_keys, _selection, _records, _options, _time) = (keys, selection, records, options, time);
        _sweeper = time.CreateTimer(_ => Sweep(), null, options.KeyCacheTime / 10, options.KeyCacheTime / 10);
    }

    /// <summary>The branch that new blobs of a key are written under.</summary>
    /// <param name="keyName">The key's name.</param>
    /// <param name="freshness">How fresh the pins must be.</param>
    /// <param name="cancellationToken">Cancels it.</param>
    /// <exception cref="KeyUnavailableException">The key has no enabled, proven version, or no current branch.</exception>
    /// <exception cref="IntegrityException">The branch's record was altered.</exception>
    public async Task<CurrentBranch> GetCurrentAsync(string keyName, PinFreshness freshness, CancellationToken cancellationToken)
    {
        var life = await ReadKeyAsync(keyName, freshness, cancellationToken).ConfigureAwait(false);
        try
        {
            life.Require(KeyOperation.Protect);
        }
        catch (KeyUnavailableException)
        {
            life = await _keys.GetAsync(keyName, NegativeAnswerTime, cancellationToken).ConfigureAwait(false);
            life.Require(KeyOperation.Protect);
        }

        var version = life.Current ?? throw new KeyUnavailableException($"The wrapping key '{keyName}' has no enabled, verified version; restore it first.");
        var branch = BranchPins.Of(life).RequireCurrent();
        var key = await OpenAsync(keyName, branch, copy: null, cancellationToken).ConfigureAwait(false);
        return new CurrentBranch(key, _copies.GetOrAdd((version.Id, branch), _ => key.WrapWith(version.Id, version.RequirePublicKey())));
    }

    /// <summary>Whether new blobs of a key are written under a branch, by what was read last.</summary>
    /// <exception cref="KeyUnavailableException">The pins cannot be read.</exception>
    public async Task<bool> IsCurrentAsync(string keyName, BranchName branch, CancellationToken cancellationToken) =>
        BranchPins.Of(await _keys.GetAsync(keyName, freshness: null, cancellationToken).ConfigureAwait(false)).Current == branch;

    /// <summary>Opens the DEK of a stored blob. The caller disposes of it.</summary>
    /// <param name="blobName">The blob's name, by which the accepted keys are chosen.</param>
    /// <param name="header">The blob's header, of which nothing is believed yet.</param>
    /// <param name="freshness">How fresh the pins must be.</param>
    /// <param name="cancellationToken">Cancels it.</param>
    /// <exception cref="IntegrityException">The key is not accepted, the branch not pinned, or the wrapped key or sealed DEK was altered.</exception>
    /// <exception cref="KeyUnavailableException">The key cannot be used now, or has no pinned branch.</exception>
    public async Task<DataEncryptionKey> OpenDekAsync(string blobName, EnvelopeHeader header, PinFreshness freshness, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(header);
        return await OpenDekAsync(blobName, header.BlobId, header.Branch, header.Wrapping, header.SealedDek, freshness, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Opens the DEK of a blob that is being written. The caller disposes of it.</summary>
    internal Task<DataEncryptionKey> OpenDekAsync(
        string blobName, BlobId blobId, BranchName branch, BranchWrapping wrapping, ReadOnlyMemory<byte> sealedDek, CancellationToken cancellationToken) =>
        OpenDekAsync(blobName, blobId, branch, wrapping, sealedDek, PinFreshness.Cached, cancellationToken);

    private async Task<DataEncryptionKey> OpenDekAsync(
        string blobName, BlobId blobId, BranchName branch, BranchWrapping wrapping, ReadOnlyMemory<byte> sealedDek, PinFreshness freshness, CancellationToken cancellationToken)
    {
        var keyName = wrapping.KeyId.Name;
        _selection.AcceptedFor(blobName).Require(keyName);
        await RequirePinnedAsync(keyName, branch, freshness, cancellationToken).ConfigureAwait(false);
        using var key = await OpenAsync(keyName, branch, wrapping, cancellationToken).ConfigureAwait(false);
        return key.OpenDek(sealedDek.Span, blobId);
    }

    /// <summary>Zeroes and forgets everything: the next caller asks the vault.</summary>
    public void Forget()
    {
        _keys.Forget();
        lock (_lock)
        {
            foreach (var opening in _openings.Values)
            {
                opening.Dispose();
            }

            _openings.Clear();
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _sweeper.Dispose();
        Forget();
    }

    private async Task RequirePinnedAsync(string keyName, BranchName branch, PinFreshness freshness, CancellationToken cancellationToken)
    {
        var life = await ReadKeyAsync(keyName, freshness, cancellationToken).ConfigureAwait(false);
        if (!IsPinned(life, branch))
        {
            life = await _keys.GetAsync(keyName, NegativeAnswerTime, cancellationToken).ConfigureAwait(false);
        }

        BranchPins.Of(life).Require(branch);
    }

    private Task<KeyLife> ReadKeyAsync(string keyName, PinFreshness freshness, CancellationToken cancellationToken) =>
        freshness == PinFreshness.Now ? _keys.ReadNowAsync(keyName, cancellationToken) : _keys.GetAsync(keyName, freshness: null, cancellationToken);

    private static bool IsPinned(KeyLife life, BranchName branch)
    {
        try
        {
            return BranchPins.Find(life)?.Contains(branch) == true;
        }
        catch (KeyUnavailableException)
        {
            return false; // tags that are being written, or damaged
        }
    }

    /// <summary>The branch's key, from memory or from the vault. The caller disposes of it.</summary>
    private async Task<BranchKey> OpenAsync(string keyName, BranchName branch, BranchWrapping? copy, CancellationToken cancellationToken)
    {
        try
        {
            return await JoinAsync(keyName, branch, copy: null, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception exception) when (copy is not null && exception is KeyUnavailableException or IntegrityException)
        {
            // The record is lost, malformed, altered, or older than the blob: the blob's copy is the other candidate.
            return await JoinAsync(keyName, branch, copy, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Waits for the unwrapping that is under way or done, or begins one.</summary>
    private async Task<BranchKey> JoinAsync(string keyName, BranchName branch, BranchWrapping? copy, CancellationToken cancellationToken)
    {
        var name = (keyName, branch, copy);
        while (true)
        {
            BranchOpening opening;
            lock (_lock)
            {
                if (!_openings.TryGetValue(name, out opening!) || !opening.Began.IsWithin(_options.KeyCacheTime))
                {
                    opening?.Dispose();
                    _openings[name] = opening = new BranchOpening(Moment.Now(_time), stop => UnwrapAsync(keyName, branch, copy, stop));
                }

                opening.Waiters++;
            }

            var isOfUse = false;
            try
            {
                if (await opening.CopyAsync(cancellationToken).ConfigureAwait(false) is { } key)
                {
                    isOfUse = true;
                    return key;
                }
            }
            catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
            {
                isOfUse = true;
                throw;
            }
            finally
            {
                Leave(name, opening, isOfUse);
            }
        }
    }

    /// <summary>Keeps what others wait for, or may use; nothing of what failed.</summary>
    private void Leave((string KeyName, BranchName Branch, BranchWrapping? Copy) name, BranchOpening opening, bool isOfUse)
    {
        lock (_lock)
        {
            opening.Waiters--;
            if (!isOfUse || (opening.Waiters == 0 && !opening.IsDone))
            {
                if (_openings.GetValueOrDefault(name) == opening)
                {
                    _openings.Remove(name);
                }

                opening.Dispose();
            }
            else if (opening.IsDone)
            {
                _openings.TryAdd((name.KeyName, name.Branch, null), opening); // what a copy gave serves all blobs of the branch
            }
        }
    }

    private async Task<BranchKey> UnwrapAsync(string keyName, BranchName branch, BranchWrapping? copy, CancellationToken cancellationToken)
    {
        try
        {
            return await TryAsync(null).ConfigureAwait(false);
        }
        catch (KeyUnavailableException)
        {
            // Perhaps a rotation or restore went by: a fresh look at the key, and at the record.
            return await TryAsync(NegativeAnswerTime).ConfigureAwait(false);
        }

        async Task<BranchKey> TryAsync(TimeSpan? freshness)
        {
            var life = await _keys.GetAsync(keyName, freshness, cancellationToken).ConfigureAwait(false);
            var record = await FindRecordAsync(keyName, branch, cancellationToken).ConfigureAwait(false);
            var candidates = BranchCandidates.Of(life, branch, copy, record, new AcceptedKeys([keyName]));
            return await candidates.UnwrapAsync(_keys.Vault.UnwrapKeyAsync, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>The record; null when there is none, or none that says anything: the audit reports that.</summary>
    private async Task<BranchRecord?> FindRecordAsync(string keyName, BranchName branch, CancellationToken cancellationToken)
    {
        try
        {
            return await _records.FindAsync(keyName, branch, cancellationToken).ConfigureAwait(false);
        }
        catch (MalformedBranchRecordException)
        {
            return null;
        }
    }

    private void Sweep()
    {
        lock (_lock)
        {
            foreach (var (name, opening) in _openings.Where(pair => !pair.Value.Began.IsWithin(_options.KeyCacheTime)).ToList())
            {
                opening.Dispose();
                _openings.Remove(name);
            }
        }
    }
}
