namespace Byok.Durable.Tests;

/// <summary>What the journal's hook throws where kill -9 would strike.</summary>
internal sealed class SimulatedKill() : Exception("killed");
