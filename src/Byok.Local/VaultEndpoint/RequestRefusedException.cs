namespace Byok.Local.VaultEndpoint;

/// <summary>Ends a request with an error. It never leaves the endpoint.</summary>
internal sealed class RequestRefusedException(VaultError error) : Exception(error.Message)
{
    internal VaultError Error { get; } = error;
}
