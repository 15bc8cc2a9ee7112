using Byok.Storage;

namespace Byok.Client.Writing;

/// <summary>What a protected blob takes over from the blob that it is made of.</summary>
/// <param name="Content">Its content headers and tier.</param>
/// <param name="Tags">Its tags; null for none.</param>
/// <param name="UserMetadata">The metadata that stays on the protected blob beside the envelope's.</param>
internal sealed record SourceTraits(ContentProperties Content, IDictionary<string, string>? Tags, IEnumerable<KeyValuePair<string, string>> UserMetadata);
