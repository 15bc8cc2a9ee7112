using System.Buffers;
using System.Buffers.Text;
using System.Text.Json;
using Byok.Core.Errors;

namespace Byok.Core.Branches;

/// <summary>
/// A branch's record: its key, wrapped by versions of one wrapping key, newest first (docs/FORMAT.md, section 9.2). It says nothing about the branch's state,
/// because nothing authenticates it. Immutable.
/// </summary>
public sealed class BranchRecord
{
    /// <summary>Most wrappings of one record.</summary>
    public const int MaxWrappings = 16;

    /// <summary>Longest record, in bytes.</summary>
    public const int MaxLengthInBytes = 32 * 1024;

    /// <summary>Makes a record.</summary>
    /// <param name="keyName">The wrapping key's name.</param>
    /// <param name="branch">The branch.</param>
    /// <param name="wrappings">Its wrappings, newest first, each under another version of that key.</param>
    /// <exception cref="ArgumentException">There is none or there are too many, one is under another key, or two are under one version.</exception>
    public BranchRecord(string keyName, BranchName branch, IReadOnlyList<BranchWrapping> wrappings)
    {
        ArgumentNullException.ThrowIfNull(branch);
        ArgumentNullException.ThrowIfNull(wrappings);
        KeyName = Keys.KeyName.Validate(keyName);
        Branch = branch;
        Wrappings = wrappings;
        if (FaultOf(keyName, wrappings) is { } fault)
        {
            throw new ArgumentException($"The record {fault}.", nameof(wrappings));
        }
    }

    /// <summary>The wrapping key's name.</summary>
    public string KeyName { get; }

    /// <summary>The branch.</summary>
    public BranchName Branch { get; }

    /// <summary>The wrappings, newest first; at least one.</summary>
    public IReadOnlyList<BranchWrapping> Wrappings { get; }

    /// <summary>Where a branch's record is in the container of records.</summary>
    public static string BlobNameOf(string keyName, BranchName branch) => $"{Keys.KeyName.Validate(keyName)}/{branch}";

    /// <summary>Reads the record of a branch.</summary>
    /// <param name="utf8">The stored bytes.</param>
    /// <param name="keyName">The wrapping key's name that the record was asked for by.</param>
    /// <param name="branch">The branch that it was asked for by.</param>
    /// <exception cref="MalformedBranchRecordException">It is not in its form, or of another key or branch.</exception>
    public static BranchRecord Parse(ReadOnlyMemory<byte> utf8, string keyName, BranchName branch)
    {
        ArgumentNullException.ThrowIfNull(branch);
        return new BranchRecordReader(Keys.KeyName.Validate(keyName), branch).Read(utf8);
    }

    /// <summary>The record with another wrapping: first, in place of one of the same key version. The last one goes when there are too many.</summary>
    /// <exception cref="ArgumentException">The wrapping is under another key.</exception>
    public BranchRecord With(BranchWrapping wrapping)
    {
        ArgumentNullException.ThrowIfNull(wrapping);
        return new BranchRecord(KeyName, Branch, [wrapping, .. Wrappings.Where(other => other.KeyId != wrapping.KeyId).Take(MaxWrappings - 1)]);
    }

    /// <summary>The record as it is stored: always the same bytes for the same record.</summary>
    public byte[] ToUtf8Json()
    {
        var bytes = new ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(bytes))
        {
            writer.WriteStartObject();
            writer.WriteNumber("format"u8, 1);
            writer.WriteString("branch"u8, Branch.ToString());
            writer.WriteStartArray("wrappings"u8);
            foreach (var wrapping in Wrappings)
            {
                writer.WriteStartObject();
                writer.WriteString("keyId"u8, wrapping.KeyId.ToString());
                writer.WriteString("thumbprint"u8, wrapping.KeyThumbprint);
                writer.WriteString("algorithm"u8, BranchWrapping.Algorithm);
                writer.WriteString("wrappedKey"u8, Base64Url.EncodeToString(wrapping.WrappedKey.Span));
                writer.WriteEndObject();
            }

            writer.WriteEndArray();
            writer.WriteEndObject();
        }

        return bytes.WrittenSpan.ToArray();
    }

    /// <summary>What is wrong with a list of wrappings: the sentence without its subject and its stop. Null when nothing is.</summary>
    internal static string? FaultOf(string keyName, IReadOnlyList<BranchWrapping> wrappings) => wrappings switch
    {
        { Count: 0 or > MaxWrappings } => $"has {wrappings.Count} wrappings, not 1 to {MaxWrappings}",
        _ when wrappings.FirstOrDefault(wrapping => wrapping.KeyId.Name != keyName) is { } other => $"has a wrapping under '{other.KeyId.Name}', not '{keyName}'",
        _ when wrappings.DistinctBy(wrapping => wrapping.KeyId).Count() != wrappings.Count => "has two wrappings under one key version",
        _ => null,
    };
}
