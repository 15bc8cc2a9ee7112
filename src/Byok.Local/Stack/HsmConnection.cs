using Byok.Core.Ports;
using Byok.Export;
using Byok.Export.Messages;
using Byok.Relay.HybridConnections;

namespace Byok.Local.Stack;

/// <summary>The way to the HSM: through the relay to the agent.</summary>
public sealed class HsmConnection : IDisposable
{
    private readonly SasTokenProvider _tokens;
    private readonly RelayHttpSender _sender;

    private HsmConnection(SasTokenProvider tokens, RelayHttpSender sender)
    {
        _tokens = tokens;
        _sender = sender;
        Hsm = new RelayHsm(new RelayAgentChannel(sender));
    }

    public IHsm Hsm { get; }

    public static HsmConnection Open(StackPaths paths, StackState state)
    {
        var tokens = new SasTokenProvider(RelayKeys.SendName, RelayKeys.Read(paths, RelayKeys.SendName), TimeProvider.System);
        return new HsmConnection(tokens, new RelayHttpSender(new RelayEndpoint(state.RelayAddress!, RelayKeys.HybridConnection), tokens));
    }

    public void Dispose()
    {
        _sender.Dispose();
        _tokens.Dispose();
    }
}
