using System.Security.Cryptography;
using Byok.Core.Errors;
using Byok.Core.Keys;

namespace Byok.Core.Branches;

/// <summary>
/// What a reader may unwrap to get a branch's key, in order: wrappings of the record and the blob's copy, under usable versions of the key
/// (docs/FORMAT.md, sections 9.3 and 10, steps 6 to 8).
/// </summary>
public sealed class BranchCandidates
{
    private readonly string _keyName;
    private readonly BranchName _branch;
    private readonly bool _isOneOutOfReach;

    private BranchCandidates(string keyName, BranchName branch, IReadOnlyList<BranchCandidate> inOrder, bool isOneOutOfReach)
    {
        _keyName = keyName;
        _branch = branch;
        InOrder = inOrder;
        _isOneOutOfReach = isOneOutOfReach;
    }

    /// <summary>The candidates, in the order in which they are tried.</summary>
    public IReadOnlyList<BranchCandidate> InOrder { get; }

    /// <summary>Decides what may be unwrapped. Key name and pins are checked first, whatever else there is.</summary>
    /// <param name="key">What the configured vault has under the blob's key name, versions with their public parts.</param>
    /// <param name="branch">The branch.</param>
    /// <param name="copy">The blob's copy; null when there is no blob, for who is about to write.</param>
    /// <param name="record">The branch's record; null when it is missing or malformed, which the caller reports.</param>
    /// <param name="accepted">The accepted key names.</param>
    /// <exception cref="IntegrityException">The key name is not accepted, or the branch is not pinned.</exception>
    /// <exception cref="KeyUnavailableException">No branch of the key is pinned, or the pins cannot be read.</exception>
    /// <exception cref="ArgumentException">Copy or record is of another key or branch.</exception>
    public static BranchCandidates Of(KeyLife key, BranchName branch, BranchWrapping? copy, BranchRecord? record, AcceptedKeys accepted)
    {
        ArgumentNullException.ThrowIfNull(key);
        ArgumentNullException.ThrowIfNull(branch);
        ArgumentNullException.ThrowIfNull(accepted);
        if ((copy is not null && copy.KeyId.Name != key.Name) || (record is not null && (record.KeyName != key.Name || record.Branch != branch)))
        {
            throw new ArgumentException("Key, branch, copy and record do not belong together.", nameof(key));
        }

        accepted.Require(key.Name);
        BranchPins.Of(key).Require(branch);

        var versions = key.Versions
            .Where(version => WrappingKeyPolicy.IsInUse(version) && version.PublicKey is not null)
            .OrderByDescending(version => version.Enabled)
            .ThenByDescending(version => KeyActivation.Of(version) ?? 0)
            .Select(version => (version.Id, version.PublicKey!.Thumbprint))
            .ToList();
        IReadOnlyList<BranchWrapping> wrappings = [.. record?.Wrappings ?? [], .. copy is null ? [] : new[] { copy }];
        var candidates = new List<BranchCandidate>();
        foreach (var (id, thumbprint) in versions)
        {
            foreach (var wrapping in wrappings.Where(wrapping => wrapping.KeyThumbprint == thumbprint && !NamesAnother(wrapping, id)))
            {
                if (!candidates.Exists(candidate => candidate.Version == id && candidate.WrappedKey.Span.SequenceEqual(wrapping.WrappedKey.Span)))
                {
                    candidates.Add(new BranchCandidate(id, wrapping.WrappedKey));
                }
            }
        }

        return new BranchCandidates(key.Name, branch, candidates, wrappings.Count == 0 || wrappings.Any(IsOutOfReach));

        bool IsNamed(BranchWrapping wrapping) => versions.Exists(version => version.Id == wrapping.KeyId);

        bool NamesAnother(BranchWrapping wrapping, KeyIdentifier id) => wrapping.KeyId != id && IsNamed(wrapping);

        bool IsOutOfReach(BranchWrapping wrapping) => !IsNamed(wrapping) && !versions.Exists(version => version.Thumbprint == wrapping.KeyThumbprint);
    }

    /// <summary>Unwraps one candidate after the other, until one is the branch's key. The caller disposes of it.</summary>
    /// <param name="unwrapAsync">
    /// Unwraps with a key version, RSA-OAEP-256; its result is zeroed here. Throws <see cref="KeyUnavailableException"/> when the version cannot be used now, and
    /// <see cref="IntegrityException"/> when this does not unwrap under it.
    /// </param>
    /// <param name="cancellationToken">Cancels it.</param>
    /// <exception cref="KeyUnavailableException">None serves, and one of them might, were a key version available.</exception>
    /// <exception cref="IntegrityException">None serves: record and copy were altered.</exception>
    public async Task<BranchKey> UnwrapAsync(
        Func<KeyIdentifier, ReadOnlyMemory<byte>, CancellationToken, Task<byte[]>> unwrapAsync, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(unwrapAsync);
        KeyUnavailableException? unavailable = null;
        IntegrityException? bad = null;
        foreach (var candidate in InOrder)
        {
            byte[] unwrapped = [];
            try
            {
                unwrapped = await unwrapAsync(candidate.Version, candidate.WrappedKey, cancellationToken).ConfigureAwait(false);
                return BranchKey.FromUnwrapped(unwrapped, _branch);
            }
            catch (KeyUnavailableException exception)
            {
                unavailable ??= exception;
            }
            catch (IntegrityException exception)
            {
                bad ??= exception;
            }
            finally
            {
                CryptographicOperations.ZeroMemory(unwrapped);
            }
        }

        if (unavailable is not null)
        {
            throw new KeyUnavailableException($"The key of branch {_branch} does not unwrap now: {unavailable.Message}", unavailable);
        }

        throw _isOneOutOfReach
            ? new KeyUnavailableException(
                $"The key of branch {_branch} is not wrapped by any version of '{_keyName}' that is in use in the vault; restore the key, or make the branch's record anew (byok branch rebuild {_keyName}).", bad)
            : new IntegrityException($"The key of branch {_branch} does not unwrap: what record and copy hold for it was altered, or is of another branch.", bad);
    }
}
