using Byok.Core.Text;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Logging.Console;

namespace Byok.Agent.Service;

/// <summary>
/// Another formatter of the console log, whose messages and exceptions are printable: what the relay, a vault or a request said must act neither on a terminal
/// nor on the journal, and a line of the log is one entry.
/// </summary>
internal sealed class PrintableFormatter(ConsoleFormatter inner) : ConsoleFormatter(inner.Name)
{
    /// <summary>Puts this in front of every formatter that is there.</summary>
    public static void Wrap(IServiceCollection services)
    {
        foreach (var formatter in services.Where(service => service.ServiceType == typeof(ConsoleFormatter)).ToList())
        {
            services.Remove(formatter);
            services.AddSingleton<ConsoleFormatter>(
                provider => new PrintableFormatter((ConsoleFormatter)ActivatorUtilities.CreateInstance(provider, formatter.ImplementationType!)));
        }
    }

    public override void Write<TState>(in LogEntry<TState> logEntry, IExternalScopeProvider? scopeProvider, TextWriter textWriter)
    {
        var entry = logEntry;
        inner.Write(
            new LogEntry<TState>(entry.LogLevel, entry.Category, entry.EventId, entry.State, exception: null, (_, _) => Describe(entry)), scopeProvider, textWriter);
    }

    private static string Describe<TState>(LogEntry<TState> entry)
    {
        var message = PrintableText.Escape(entry.Formatter(entry.State, entry.Exception));
        return entry.Exception is { } exception
            ? string.Join(Environment.NewLine, [message, .. exception.ToString().Split(Environment.NewLine).Select(PrintableText.Escape)])
            : message;
    }
}
