using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using System.Text;

namespace Byok.Storage;

/// <summary>
/// The rule for blob names: what the service allows ("Naming and Referencing Containers, Blobs, and Metadata") less what does not
/// survive a URL: 1 to 1,024 characters, at most 254 segments, no control characters, no backslash, no segment <c>.</c> or <c>..</c> or
/// empty, not ending in a dot. Names that other clients gave in storage are read whatever they are, as long as a URL can say them: control
/// characters, empty segments, slashes at either end and a dot at the end are theirs to choose.
/// </summary>
public static class BlobName
{
    /// <summary>Longest name, in UTF-16 characters.</summary>
    public const int MaxLength = 1024;

    /// <summary>Most segments between slashes.</summary>
    public const int MaxSegments = 254;

    private const string SegmentFault = "has a segment that is empty, '.' or '..'";

    /// <summary>Says in words what is wrong with a name.</summary>
    /// <param name="fault">What is wrong, to follow "the name"; null when nothing is.</param>
    public static bool IsValid(string? name, [NotNullWhen(false)] out string? fault)
    {
        fault = FindFault(name);
        return fault is null;
    }

    /// <summary>Returns the name unchanged when it is valid.</summary>
    /// <exception cref="ArgumentException">It is not; the message says why.</exception>
    public static string Validate(string? name) =>
        IsValid(name, out var fault) ? name! : throw Refusal(name, fault);

    /// <summary>Says in words why no blob in storage can have the name: the rule for names that other clients gave.</summary>
    /// <param name="fault">What is wrong, to follow "the name"; null when nothing is.</param>
    public static bool IsStorable(string? name, [NotNullWhen(false)] out string? fault)
    {
        fault = FindFaultInStorage(name);
        return fault is null;
    }

    /// <summary>Returns the name unchanged when a blob in storage can have it.</summary>
    /// <exception cref="ArgumentException">None can; the message says why.</exception>
    public static string ValidateStored(string? name) => IsStorable(name, out var fault) ? name! : throw Refusal(name, fault);

    private static ArgumentException Refusal(string? name, string fault) => new($"'{Shorten(name)}' cannot name a blob: it {fault}.", nameof(name));

    private static string? FindFault(string? name) => FindFaultInStorage(name) ?? FindFaultOfOurs(name!);

    /// <summary>What we do not call a blob, although storage takes it.</summary>
    private static string? FindFaultOfOurs(string name)
    {
        if (name.Any(c => char.IsControl(c) || c is '\uFFFE' or '\uFFFF'))
        {
            return "holds a control character or a broken character";
        }

        return name.Split('/').Contains(string.Empty) ? SegmentFault : name.EndsWith('.') ? "ends in a dot" : null;
    }

    private static string? FindFaultInStorage(string? name)
    {
        if (string.IsNullOrEmpty(name))
        {
            return "is empty";
        }

        if (name.Length > MaxLength)
        {
            return $"has {name.Length} characters, and {MaxLength} are allowed";
        }

        if (!IsWellFormed(name))
        {
            return "holds a broken character";
        }

        if (name.Contains('\\', StringComparison.Ordinal))
        {
            return "holds a backslash";
        }

        var segments = name.Split('/');
        if (segments.Length > MaxSegments)
        {
            return $"has {segments.Length} segments, and {MaxSegments} are allowed";
        }

        return segments.Any(segment => segment is "." or "..") ? SegmentFault : null;
    }

    /// <summary>Whether every surrogate has its other half.</summary>
    private static bool IsWellFormed(ReadOnlySpan<char> name)
    {
        while (!name.IsEmpty)
        {
            if (Rune.DecodeFromUtf16(name, out _, out var consumed) != OperationStatus.Done)
            {
                return false;
            }

            name = name[consumed..];
        }

        return true;
    }

    private static string Shorten(string? name) => name is { Length: > 80 } ? string.Concat(name.AsSpan(0, 80), "…") : name ?? string.Empty;
}
