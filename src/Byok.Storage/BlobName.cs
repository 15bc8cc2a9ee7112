using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using System.Text;

namespace Byok.Storage;

/// <summary>
/// The rule for blob names: what the service allows ("Naming and Referencing Containers, Blobs, and Metadata") less what does not
/// survive a URL: 1 to 1,024 characters, at most 254 segments, no control characters, no backslash, no segment <c>.</c> or <c>..</c> or
/// empty, not ending in a dot.
/// </summary>
public static class BlobName
{
    /// <summary>Longest name, in UTF-16 characters.</summary>
    public const int MaxLength = 1024;

    /// <summary>Most segments between slashes.</summary>
    public const int MaxSegments = 254;

    /// <summary>Says in words what is wrong with a name.</summary>
    /// <param name="name">The name.</param>
    /// <param name="fault">What is wrong, to follow "the name"; null when nothing is.</param>
    public static bool IsValid(string? name, [NotNullWhen(false)] out string? fault)
    {
        fault = FindFault(name);
        return fault is null;
    }

    /// <summary>Returns the name unchanged when it is valid.</summary>
    /// <exception cref="ArgumentException">It is not; the message says why.</exception>
    public static string Validate(string? name) =>
        IsValid(name, out var fault) ? name! : throw new ArgumentException($"'{Shorten(name)}' cannot name a blob: it {fault}.", nameof(name));

    private static string? FindFault(string? name)
    {
        if (string.IsNullOrEmpty(name))
        {
            return "is empty";
        }

        if (name.Length > MaxLength)
        {
            return $"has {name.Length} characters, and {MaxLength} are allowed";
        }

        if (name.Any(char.IsControl) || name.Any(c => c is '\uFFFE' or '\uFFFF') || !IsWellFormed(name))
        {
            return "holds a control character or a broken character";
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

        if (segments.Any(segment => segment is "" or "." or ".."))
        {
            return "has a segment that is empty, '.' or '..'";
        }

        return name.EndsWith('.') ? "ends in a dot" : null;
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
