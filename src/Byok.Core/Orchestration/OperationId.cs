using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using System.Text;
using Byok.Core.Keys;

namespace Byok.Core.Orchestration;

/// <summary>
/// The id of an operation, whoever starts it: <c>rotate-KEY-</c> and 32 hexadecimal digits, or <c>audit-</c> and 32 for what is on no key. The digits are drawn, or made of
/// what is to be started once. Operations that one starts within itself have its id and more behind it.
/// </summary>
public sealed record OperationId
{
    /// <summary>Longest id, in characters: a verb, the longest key name, 32 digits, and what an operation within it adds.</summary>
    public const int MaxLength = 200;

    private const int DigitsLength = 32;

    private OperationId(OperationVerb verb, string? keyName, Guid digits)
    {
        if (IsOnAKey(verb))
        {
            KeyName.Validate(keyName);
        }
        else if (keyName is not null)
        {
            throw new ArgumentException($"An operation '{verb}' is not on a key.", nameof(keyName));
        }

        (Verb, Key, Digits) = (verb, keyName, digits);
    }

    /// <summary>What it does.</summary>
    public OperationVerb Verb { get; }

    /// <summary>Name of the key that it is on; null where it is on none.</summary>
    public string? Key { get; }

    /// <summary>What tells it from others that do the same.</summary>
    public Guid Digits { get; }

    /// <summary>A new id.</summary>
    /// <param name="verb">What it does.</param>
    /// <param name="keyName">The key that it is on; null where it is on none.</param>
    public static OperationId New(OperationVerb verb, string? keyName = null) => new(verb, keyName, Guid.CreateVersion7());

    /// <summary>The id of what is to be started once, however often and by whomever it is looked for: the first 16 bytes of SHA-256 of what names it are its digits.</summary>
    /// <param name="what">Names it, among what the verb does to the key.</param>
    /// <param name="verb">What it does.</param>
    /// <param name="keyName">The key that it is on; null where it is on none.</param>
    public static OperationId Once(string what, OperationVerb verb, string? keyName = null) =>
        new(verb, keyName, new Guid(SHA256.HashData(Encoding.UTF8.GetBytes(what)).AsSpan(0, 16), bigEndian: true));

    /// <summary>What the ids of a verb on a key begin with, and perhaps others: key names may hold dashes.</summary>
    public static string Prefix(OperationVerb verb, string? keyName = null) => keyName is null ? $"{NameOf(verb)}-" : $"{NameOf(verb)}-{keyName}-";

    /// <summary>Whether a verb is one on a key.</summary>
    public static bool IsOnAKey(OperationVerb verb) => verb is not (OperationVerb.Encrypt or OperationVerb.Reencrypt or OperationVerb.Audit);

    /// <summary>Reads an id. Those of operations within others, and those of earlier releases that are not in this form, are none.</summary>
    public static bool TryParse([NotNullWhen(true)] string? text, [NotNullWhen(true)] out OperationId? id)
    {
        id = null;
        if (text is not { Length: > DigitsLength and <= MaxLength } || !Guid.TryParseExact(text.AsSpan(text.Length - DigitsLength), "N", out var digits))
        {
            return false;
        }

        var rest = text.AsSpan(0, text.Length - DigitsLength);
        foreach (var verb in Enum.GetValues<OperationVerb>())
        {
            var start = Prefix(verb);
            if (!rest.StartsWith(start, StringComparison.Ordinal))
            {
                continue;
            }

            var key = rest.Length > start.Length && rest[^1] == '-' ? rest[start.Length..^1].ToString() : null;
            if (IsOnAKey(verb) ? KeyName.IsValid(key) : rest.Length == start.Length)
            {
                id = new OperationId(verb, key, digits);
            }

            return id is not null;
        }

        return false;
    }

    /// <summary>Whether a text is the id of such an operation, and of nothing else.</summary>
    public static bool Is(string? text, OperationVerb verb, string? keyName = null) =>
        TryParse(text, out var id) && id.Verb == verb && id.Key == keyName;

    /// <summary>
    /// Whether a text may be any operation's id, also of one within another, or of an earlier release: bounded, and safe in a URL's path and on a terminal.
    /// </summary>
    public static bool IsSafe([NotNullWhen(true)] string? text) =>
        text is { Length: > 0 and <= MaxLength } && text.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' or ':');

    /// <summary>What the ids of the brings within an operation begin with.</summary>
    public static string BringPrefixWithin(string operationId) => $"{operationId}-bring-";

    /// <summary>The id of a bring within an operation. A bring that failed has used up its KEK, so one that is repeated has another time, and another id.</summary>
    /// <param name="on">When it begins, by the operation's clock.</param>
    /// <param name="number">Which of several, where there are several.</param>
    public static string BringWithin(string operationId, DateTimeOffset on, int? number = null) =>
        $"{BringPrefixWithin(operationId)}{on:yyyyMMddHHmmssfff}{(number is null ? "" : $"-{number}")}";

    /// <summary>The id as it stands in journals and in the API.</summary>
    public override string ToString() => $"{Prefix(Verb, Key)}{Digits:N}";

    /// <summary>The verb as ids begin with it.</summary>
    public static string NameOf(OperationVerb verb) => verb.ToString().ToLowerInvariant();
}
