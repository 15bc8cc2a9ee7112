using Byok.Core.Errors;
using Byok.Core.Keys;

namespace Byok.Core.Branches;

/// <summary>
/// Which branches of a key count: the current one, which new blobs are written under, and sealed ones, which are only read. They are tags of the key's
/// versions in the vault (docs/FORMAT.md, section 9.1). A branch in neither place is retired, and refused. Immutable.
/// </summary>
public sealed class BranchPins
{
    /// <summary>Most sealed branches of one key.</summary>
    public const int MaxSealed = 10;

    /// <summary>Five names and the spaces between them are 219 of the 256 characters that the vault allows a tag.</summary>
    private const int BranchesPerTag = 5;

    private BranchPins(string keyName, BranchName? current, IReadOnlyList<BranchName> sealedBranches)
    {
        KeyName = keyName;
        Current = current;
        Sealed = sealedBranches;
    }

    /// <summary>The key's name.</summary>
    public string KeyName { get; }

    /// <summary>The branch that new blobs are written under; null when the tags name none.</summary>
    public BranchName? Current { get; }

    /// <summary>The branches that are only read, newest first.</summary>
    public IReadOnlyList<BranchName> Sealed { get; }

    /// <summary>The pins that count for a key: those of the version that became active last.</summary>
    /// <exception cref="KeyUnavailableException">There are none, or they cannot be read.</exception>
    public static BranchPins Of(KeyLife key) =>
        Find(key) ?? throw new KeyUnavailableException(key switch
        {
            { Deleted: not null } => $"The key '{key.Name}' is deleted in the vault; restore it.",
            { Versions.Count: 0 } => $"The vault holds no key '{key.Name}'; restore it if it was destroyed, or bring it.",
            _ => $"No branch of the key '{key.Name}' is pinned in the vault; restore the key, or bring it.",
        });

    /// <summary>The pins that count for a key; null when there are none.</summary>
    /// <exception cref="KeyUnavailableException">They cannot be read.</exception>
    public static BranchPins? Find(KeyLife key)
    {
        ArgumentNullException.ThrowIfNull(key);
        BranchPins? found = null;
        foreach (var pins in VersionsThatCount(key).Select(version => Parse(key.Name, version)))
        {
            found ??= pins;
            if (pins.Current != found.Current || !pins.Sealed.ToHashSet().SetEquals(found.Sealed))
            {
                throw Unreadable(key.Name, "two versions became active last, and pin different branches");
            }
        }

        return found is { Current: null, Sealed.Count: 0 } ? null : found;
    }

    /// <summary>The versions whose pins count: those that became active last. More than one only where somebody changed tags by hand.</summary>
    /// <exception cref="KeyUnavailableException">An activation cannot be read.</exception>
    public static IReadOnlyList<VaultKey> VersionsThatCount(KeyLife key)
    {
        ArgumentNullException.ThrowIfNull(key);
        return key.Versions
            .Where(WrappingKeyPolicy.IsProved)
            .GroupBy(version => KeyActivation.Of(version) ?? 0)
            .Where(group => group.Key > 0)
            .MaxBy(group => group.Key)?
            .ToList() ?? [];
    }

    /// <summary>Pins as a record of them tells, for a key whose tags are gone.</summary>
    /// <exception cref="ConflictException">There are more sealed ones than there may be.</exception>
    public static BranchPins Of(string keyName, BranchName? current, IEnumerable<BranchName> sealedBranches)
    {
        ArgumentNullException.ThrowIfNull(sealedBranches);
        return sealedBranches.Aggregate(new BranchPins(Keys.KeyName.Validate(keyName), current, []), (pins, branch) => pins.AddSealed(branch));
    }

    /// <summary>All pinned branches, the current one first.</summary>
    public IReadOnlyList<BranchName> All => Current is null ? Sealed : [Current, .. Sealed];

    /// <summary>The pins of a key's first branch.</summary>
    public static BranchPins Start(string keyName, BranchName current)
    {
        ArgumentNullException.ThrowIfNull(current);
        return new BranchPins(Keys.KeyName.Validate(keyName), current, []);
    }

    /// <summary>Whether a branch is current or sealed.</summary>
    public bool Contains(BranchName branch) => branch == Current || Sealed.Contains(branch);

    /// <summary>Lets a branch pass, or refuses it.</summary>
    /// <exception cref="IntegrityException">It is not pinned.</exception>
    public void Require(BranchName branch)
    {
        if (!Contains(branch))
        {
            throw new IntegrityException($"The branch {branch} is not pinned for the key '{KeyName}': it was retired, or never was one of its branches. Nothing is unwrapped.");
        }
    }

    /// <summary>The branch that new blobs are written under.</summary>
    /// <exception cref="KeyUnavailableException">There is none.</exception>
    public BranchName RequireCurrent() =>
        Current ?? throw new KeyUnavailableException($"The key '{KeyName}' has no current branch; rotate it, or restore it.");

    /// <summary>Seals the current branch and makes another one current. Does nothing when that is current already.</summary>
    /// <exception cref="ConflictException">As many branches are sealed as there may be.</exception>
    public BranchPins SealCurrentAndPin(BranchName next)
    {
        ArgumentNullException.ThrowIfNull(next);
        return next == Current ? this : new BranchPins(KeyName, next, Current is null ? Without(next) : WithRoom([Current, .. Without(next)]));
    }

    /// <summary>Pins a branch as sealed, after all others. Does nothing when it is pinned already.</summary>
    /// <exception cref="ConflictException">As many branches are sealed as there may be.</exception>
    public BranchPins AddSealed(BranchName branch)
    {
        ArgumentNullException.ThrowIfNull(branch);
        return Contains(branch) ? this : new BranchPins(KeyName, Current, WithRoom([.. Sealed, branch]));
    }

    /// <summary>Retires a sealed branch: from then on its blobs are refused. Does nothing when it is not pinned.</summary>
    /// <exception cref="ConflictException">It is the current branch.</exception>
    public BranchPins Retire(BranchName branch)
    {
        ArgumentNullException.ThrowIfNull(branch);
        return branch != Current
            ? new BranchPins(KeyName, Current, Without(branch))
            : throw new ConflictException($"The branch {branch} is the current one of the key '{KeyName}', so it cannot be retired; make another one current first.");
    }

    /// <summary>A key version's tags with these pins in place of its own; all other tags stay.</summary>
    public Dictionary<string, string> WriteTo(IReadOnlyDictionary<string, string> tags)
    {
        var written = new Dictionary<string, string>(tags);
        Set(KeyTags.Branch, Current is null ? [] : [Current]);
        Set(KeyTags.Branches, Sealed.Take(BranchesPerTag));
        Set(KeyTags.MoreBranches, Sealed.Skip(BranchesPerTag));
        return written;

        void Set(string tag, IEnumerable<BranchName> branches)
        {
            written.Remove(tag);
            if (branches.Any())
            {
                written[tag] = string.Join(' ', branches);
            }
        }
    }

    private static BranchPins Parse(string keyName, VaultKey version)
    {
        var current = ParseTag(KeyTags.Branch, 1);
        BranchName[] sealedBranches = [.. ParseTag(KeyTags.Branches, BranchesPerTag), .. ParseTag(KeyTags.MoreBranches, BranchesPerTag)];
        return current.Concat(sealedBranches).Distinct().Count() == current.Count + sealedBranches.Length
            ? new BranchPins(keyName, current.SingleOrDefault(), sealedBranches)
            : throw Unreadable(keyName, $"the tags of {version.Id} name a branch twice");

        List<BranchName> ParseTag(string tag, int most)
        {
            var branches = new List<BranchName>();
            if (version.Tags.GetValueOrDefault(tag) is { } text)
            {
                foreach (var part in text.Split(' ', most + 1))
                {
                    branches.Add(branches.Count < most && BranchName.TryParse(part, out var branch)
                        ? branch
                        : throw Unreadable(keyName, $"the tag {tag} of {version.Id} is not 1 to {most} branch names, apart by one space"));
                }
            }

            return branches;
        }
    }

    private static KeyUnavailableException Unreadable(string keyName, string fault) =>
        new($"The pinned branches of the key '{keyName}' cannot be read: {fault}; restore the key to write them anew.");

    private List<BranchName> Without(BranchName branch) => [.. Sealed.Where(other => other != branch)];

    private IReadOnlyList<BranchName> WithRoom(IReadOnlyList<BranchName> branches) => branches.Count <= MaxSealed
        ? branches
        : throw new ConflictException($"The key '{KeyName}' has {MaxSealed} sealed branches, the most there may be; retire one first (byok key rotate {KeyName} --branch ID).");
}
