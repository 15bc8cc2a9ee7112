using Byok.Storage;
using ByokFunctions.Composition;
using ByokFunctions.Durable;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Azure.Functions.Worker.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

var builder = FunctionsApplication.CreateBuilder(args);
builder.ConfigureFunctionsWebApplication();
builder.UseWhen<ActivityFailureMiddleware>(ActivityFailureMiddleware.Applies);
// The API reads 64 KiB of a body and the host in front has its own limit. One here would cut connections, which the host tells as its own failure.
builder.Services.Configure<KestrelServerOptions>(options => options.Limits.MaxRequestBodySize = null);
builder.Services.AddByok(ByokSettings.Read(builder.Configuration.GetSection(ByokSettings.Section)));
var app = builder.Build();
if (app.Services.GetRequiredService<ByokSettings>().StorageConnectionString is not null)
{
    // The emulator starts empty. In Azure the template makes the containers, and the app has no right to.
    await app.Services.GetRequiredService<StorageAccount>().EnsureContainersAsync(CancellationToken.None);
}

await app.RunAsync();
