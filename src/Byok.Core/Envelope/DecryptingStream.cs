using System.Security.Cryptography;
using Byok.Core.Errors;

namespace Byok.Core.Envelope;

/// <summary>
/// The plaintext as a seekable, read-only stream. A byte is released only after its whole chunk verified. Holds what one
/// request brings, 4 MiB at most.
/// For a whole blob <see cref="EnvelopeDownload"/> is faster.
/// </summary>
public sealed class DecryptingStream : Stream
{
    private readonly EnvelopeReader _reader;
    private byte[] _buffer = [];
    private long _bufferPosition;
    private int _bufferLength;
    private long _position;
    private bool _disposed;

    /// <summary>Opens the plaintext.</summary>
    /// <param name="reader">The envelope.</param>
    public DecryptingStream(EnvelopeReader reader)
    {
        ArgumentNullException.ThrowIfNull(reader);
        _reader = reader;
    }

    public override bool CanRead => !_disposed;

    public override bool CanSeek => !_disposed;

    public override bool CanWrite => false;

    /// <summary>Length of the plaintext in bytes.</summary>
    public override long Length => _reader.Layout.PlaintextLength;

    public override long Position
    {
        get => _position;
        set
        {
            ArgumentOutOfRangeException.ThrowIfNegative(value);
            _position = value;
        }
    }

    /// <inheritdoc/>
    /// <exception cref="IntegrityException">The chunk at the position does not verify.</exception>
    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        if (buffer.IsEmpty || _position >= Length)
        {
            return 0;
        }

        if (_position < _bufferPosition || _position >= _bufferPosition + _bufferLength)
        {
            await LoadAsync(cancellationToken).ConfigureAwait(false);
        }

        var start = (int)(_position - _bufferPosition);
        var count = Math.Min(buffer.Length, _bufferLength - start);
        _buffer.AsSpan(start, count).CopyTo(buffer.Span);
        _position += count;
        return count;
    }

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken)
    {
        ValidateBufferArguments(buffer, offset, count);
        return ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();
    }

    public override int Read(byte[] buffer, int offset, int count) =>
        ReadAsync(buffer, offset, count, CancellationToken.None).GetAwaiter().GetResult();

    public override long Seek(long offset, SeekOrigin origin)
    {
        var start = origin switch
        {
            SeekOrigin.Begin => 0,
            SeekOrigin.Current => _position,
            SeekOrigin.End => Length,
            _ => throw new ArgumentOutOfRangeException(nameof(origin)),
        };
        var position = start + offset;
        return position >= 0 ? _position = position : throw new IOException("A stream has no position below zero or beyond 64 bits.");
    }

    /// <summary>Does nothing: there is nothing to write.</summary>
    public override void Flush()
    {
    }

    /// <summary>Not supported: the stream is read-only.</summary>
    /// <exception cref="NotSupportedException">Always.</exception>
    public override void SetLength(long value) => throw new NotSupportedException("The stream is read-only.");

    /// <summary>Not supported: the stream is read-only.</summary>
    /// <exception cref="NotSupportedException">Always.</exception>
    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException("The stream is read-only.");

    protected override void Dispose(bool disposing)
    {
        if (disposing && !_disposed)
        {
            _disposed = true;
            CryptographicOperations.ZeroMemory(_buffer);
        }

        base.Dispose(disposing);
    }

    /// <summary>From the chunk on that holds the position.</summary>
    private async ValueTask LoadAsync(CancellationToken cancellationToken)
    {
        if (_buffer.Length == 0)
        {
            _buffer = GC.AllocateUninitializedArray<byte>(_reader.Layout.MaxReadLength);
        }

        // Forgotten first: a read that fails half-way leaves unverified bytes in the buffer.
        _bufferLength = 0;
        var first = _reader.Layout.ChunkOfPlaintextOffset(_position);
        _bufferPosition = _reader.Layout.PlaintextOffset(first);
        _bufferLength = await _reader.ReadChunksAsync(first, _buffer, cancellationToken).ConfigureAwait(false);
    }
}
