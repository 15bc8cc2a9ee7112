namespace Byok.Relay.HybridConnections;

/// <summary>A listener went from one state to another.</summary>
/// <param name="State">The new state.</param>
/// <param name="Reason">Why, when a connection was lost or could not be opened; free of secrets.</param>
public sealed record RelayListenerStateChange(RelayListenerState State, DateTimeOffset At, string? Reason);
