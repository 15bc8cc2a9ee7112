namespace Byok.Export.Messages;

/// <summary>The body of <c>POST /keys</c>.</summary>
/// <param name="Label">The new master key's label.</param>
/// <param name="SizeInBits">2048, 3072 or 4096.</param>
internal sealed record GenerateKeyMessage(string Label, int SizeInBits);
