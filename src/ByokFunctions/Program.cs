using Byok.Storage;
using ByokFunctions.Composition;
using ByokFunctions.Durable;
using Microsoft.Azure.Functions.Worker.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

var builder = FunctionsApplication.CreateBuilder(args);
builder.ConfigureFunctionsWebApplication();
builder.UseWhen<ActivityFailureMiddleware>(ActivityFailureMiddleware.Applies);
builder.Services.AddByok(ByokSettings.Read(builder.Configuration.GetSection(ByokSettings.Section)));
var app = builder.Build();
if (app.Services.GetRequiredService<ByokSettings>().StorageConnectionString is not null)
{
    // The emulator starts empty. In Azure the template makes the containers, and the app has no right to.
    await app.Services.GetRequiredService<StorageAccount>().EnsureContainersAsync(CancellationToken.None);
}

await app.RunAsync();
