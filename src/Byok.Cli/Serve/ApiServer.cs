using System.Net;
using Byok.Api;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Logging;

namespace Byok.Cli.Serve;

/// <summary>
/// The HTTP API of the Functions app on this machine: same routes, same answers, on loopback only and without keys, for whoever can reach
/// loopback. A page in a browser cannot: only loopback host names are answered, and bodies must be declared JSON.
/// </summary>
internal sealed class ApiServer : IAsyncDisposable
{
    private readonly WebApplication _application;

    private ApiServer(WebApplication application)
    {
        _application = application;
    }

    /// <summary>Where it listens.</summary>
    public Uri Address => new(_application.Urls.First());

    /// <exception cref="IOException">The port is in use.</exception>
    public static async Task<ApiServer> StartAsync(OperationsApi api, int port, CancellationToken cancellationToken)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.Services.AddHostFiltering(options => options.AllowedHosts = ["127.0.0.1", "localhost"]);
        builder.WebHost.ConfigureKestrel(options => options.Listen(IPAddress.Loopback, port));
        var application = builder.Build();
        application.UseHostFiltering();
        Map(application, api);
        await application.StartAsync(cancellationToken).ConfigureAwait(false);
        return new ApiServer(application);
    }

    public async ValueTask DisposeAsync() => await _application.DisposeAsync().ConfigureAwait(false);

    private static void Map(IEndpointRouteBuilder routes, OperationsApi api)
    {
        foreach (var route in ApiRoute.All)
        {
            routes.MapMethods($"/api/{route.Template}", [route.Method], context => AnswerAsync(context, api, route));
        }
    }

    private static async Task AnswerAsync(HttpContext context, OperationsApi api, ApiRoute route)
    {
        var request = context.Request;
        var parameter = (string?)request.RouteValues.Values.SingleOrDefault() ?? string.Empty;
        var answer = await route.AnswerAsync(api, parameter, request.ToApiRequest(ApiCaller.Trusted), context.RequestAborted).ConfigureAwait(false);
        await answer.SendAsync(context).ConfigureAwait(false);
    }
}
