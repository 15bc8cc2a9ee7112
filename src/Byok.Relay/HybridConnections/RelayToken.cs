namespace Byok.Relay.HybridConnections;

/// <summary>A token for the relay. A secret: whoever holds it may listen or send until it expires.</summary>
/// <param name="Value">What goes into the header <c>ServiceBusAuthorization</c>.</param>
/// <param name="ExpiresOn">When the relay stops to accept it.</param>
public sealed record RelayToken(string Value, DateTimeOffset ExpiresOn)
{
    /// <summary>The expiry only, never the token.</summary>
    public override string ToString() => $"relay token, expires {ExpiresOn:O}";
}
