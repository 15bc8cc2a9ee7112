namespace Byok.Pipeline.Tests.Crashes;

/// <summary>What the journal's hook throws where kill -9 would strike.</summary>
internal sealed class KilledException() : Exception("killed");
