using System.Net;
using System.Net.Sockets;

namespace Byok.Local.Processes;

/// <summary>Ports of this machine for processes that are told theirs before they listen.</summary>
public static class LoopbackPort
{
    /// <summary>A port of 127.0.0.1 that is free now.</summary>
    /// <param name="preferred">The port to give if it is free; 0 for any.</param>
    public static int Choose(int preferred = 0)
    {
        try
        {
            return Listen(preferred);
        }
        catch (SocketException) when (preferred != 0)
        {
            return Listen(0);
        }
    }

    private static int Listen(int port)
    {
        using var listener = new TcpListener(IPAddress.Loopback, port);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
