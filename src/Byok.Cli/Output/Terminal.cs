using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using Byok.Core.Text;
using Spectre.Console;

namespace Byok.Cli.Output;

/// <summary>
/// What a command says. With <c>--json</c> stdout carries one JSON document and nothing else; progress and errors go to stderr.
/// All text passes through here, and <see cref="PrintableText"/> keeps what names and documents of others hold from acting on the terminal.
/// </summary>
internal sealed class Terminal(bool json, TextWriter standardOutput, TextWriter standardError)
{
    private static readonly JsonSerializerOptions JsonOptions = new(JsonSerializerDefaults.Web)
    {
        WriteIndented = true,
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.CamelCase) },
        // Names with umlauts or apostrophes stay readable; the document is never put into HTML.
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    private bool _isDocumentWritten;

    private readonly IAnsiConsole _errors = AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(standardError) });

    /// <summary>Whether stdout carries JSON.</summary>
    public bool IsJson => json;

    /// <summary>Whether a person watches stderr, where progress goes.</summary>
    public bool IsWatched => !Console.IsErrorRedirected && _errors.Profile.Capabilities.Interactive;

    /// <summary>The console on stderr.</summary>
    public IAnsiConsole Progress => _errors;

    /// <summary>Writes a plain line for people; silent with <c>--json</c>.</summary>
    /// <exception cref="IOException">stdout cannot be written.</exception>
    public void Line(string text = "")
    {
        if (!json)
        {
            Print(() => standardOutput.WriteLine(PrintableText.Escape(text)));
        }
    }

    /// <summary>Text for something drawn: shown as it is, its brackets no mark-up.</summary>
#pragma warning disable RS0030 // everything else comes through here
    public static string Cell(string text) => Markup.Escape(PrintableText.Escape(text));
#pragma warning restore RS0030

    /// <summary>Writes something drawn (a table, a tree) for people; silent with <c>--json</c>.</summary>
    /// <exception cref="IOException">stdout cannot be written.</exception>
    public void Draw(Spectre.Console.Rendering.IRenderable drawing)
    {
        if (!json)
        {
            Print(() => CreateConsole().Write(drawing));
        }
    }

    /// <summary>How many characters a line of stdout holds.</summary>
    public int Width => CreateConsole().Profile.Width;

    /// <summary>Writes the one JSON document; silent without <c>--json</c>, and when it is written already: what fails after it is told on stderr and by the exit code.</summary>
    /// <exception cref="IOException">stdout cannot be written.</exception>
    public void Document(object document)
    {
        if (json && !_isDocumentWritten)
        {
            _isDocumentWritten = true;
            Print(() => standardOutput.WriteLine(PrintableText.EscapeJson(JsonSerializer.Serialize(document, JsonOptions))));
        }
    }

    /// <summary>Writes a line about what is going on, to stderr.</summary>
    public void Note(string text)
    {
        try
        {
            standardError.WriteLine(PrintableText.Escape(text));
        }
        catch (Exception exception) when (IsOfTheStream(exception))
        {
            // Nobody can be told, and the work is worth more than the word.
        }
    }

    /// <summary>Writes the one sentence of a failure, to stderr.</summary>
    public void Error(string sentence) => Note($"byok: {sentence}");

    private IAnsiConsole CreateConsole()
    {
        var console = AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(standardOutput) });
        if (Console.IsOutputRedirected)
        {
            console.Profile.Width = 200;
        }

        return console;
    }

    /// <summary>A full disk, a closed stream.</summary>
    private static bool IsOfTheStream(Exception exception) => exception is IOException or UnauthorizedAccessException;

    private static void Print(Action write)
    {
        try
        {
            write();
        }
        catch (Exception exception) when (IsOfTheStream(exception))
        {
            throw new IOException($"The command's output cannot be written: {exception.Message}", exception);
        }
    }
}
