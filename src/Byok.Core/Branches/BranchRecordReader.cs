using System.Text.Json;
using Byok.Core.Envelope;
using Byok.Core.Errors;

namespace Byok.Core.Branches;

/// <summary>Reads a branch record strictly: whoever may write storage may have written it.</summary>
internal sealed class BranchRecordReader(string keyName, BranchName branch)
{
    private static readonly JsonDocumentOptions Strict = new() { AllowDuplicateProperties = false, MaxDepth = 3 };

    public BranchRecord Read(ReadOnlyMemory<byte> utf8)
    {
        Check(utf8.Length <= BranchRecord.MaxLengthInBytes, $"has more than {BranchRecord.MaxLengthInBytes} bytes");
        try
        {
            using var document = JsonDocument.Parse(utf8, Strict);
            return Read(document.RootElement);
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException)
        {
            // InvalidOperationException: a string that is not UTF-8, or half a surrogate pair.
            throw Malformed("is not one JSON object in UTF-8, or has a member twice", exception);
        }
    }

    private BranchRecord Read(JsonElement root)
    {
        CheckMembers(root, "format", "branch", "wrappings");
        Check(root.GetProperty("format") is { ValueKind: JsonValueKind.Number } format && format.TryGetDouble(out var number) && number == 1, "is not of format 1");
        Check(Text(root, "branch") == branch.ToString(), "is of another branch");
        var list = root.GetProperty("wrappings");
        Check(list.ValueKind == JsonValueKind.Array && list.GetArrayLength() <= BranchRecord.MaxWrappings, $"has no list of at most {BranchRecord.MaxWrappings} wrappings");
        IReadOnlyList<BranchWrapping> wrappings = [.. list.EnumerateArray().Select(ReadWrapping)];
        return BranchRecord.FaultOf(keyName, wrappings) is { } fault ? throw Malformed(fault) : new BranchRecord(keyName, branch, wrappings);
    }

    private BranchWrapping ReadWrapping(JsonElement wrapping)
    {
        CheckMembers(wrapping, "keyId", "thumbprint", "algorithm", "wrappedKey");
        Check(Text(wrapping, "algorithm") == BranchWrapping.Algorithm, $"has a wrapping by another algorithm than {BranchWrapping.Algorithm}");
        return StoredKeyId.TryParse(Text(wrapping, "keyId"), out var id)
            && Text(wrapping, "thumbprint") is var thumbprint && StrictBase64Url.TryDecode(thumbprint, [32], out _)
            && StrictBase64Url.TryDecode(Text(wrapping, "wrappedKey"), BranchWrapping.WrappedKeyLengths, out var wrappedKey)
            ? new BranchWrapping(id, thumbprint, wrappedKey)
            : throw Malformed("has a wrapping whose key identifier, thumbprint or wrapped key is not in its form");
    }

    private void CheckMembers(JsonElement element, params ReadOnlySpan<string> names)
    {
        Check(element.ValueKind == JsonValueKind.Object && element.GetPropertyCount() == names.Length, "does not have exactly its members");
        foreach (var name in names)
        {
            Check(element.TryGetProperty(name, out _), $"lacks the member '{name}'");
        }
    }

    private string Text(JsonElement element, string name)
    {
        var value = element.GetProperty(name);
        Check(value.ValueKind == JsonValueKind.String, $"has no text in '{name}'");
        return value.GetString()!;
    }

    private void Check(bool isRight, string fault)
    {
        if (!isRight)
        {
            throw Malformed(fault);
        }
    }

    private MalformedBranchRecordException Malformed(string fault, Exception? cause = null) =>
        new($"The branch record '{BranchRecord.BlobNameOf(keyName, branch)}' is malformed: it {fault}. The blobs' own copies serve; make the record anew.", cause);
}
