using Byok.Core.Errors;

namespace Byok.Core.Ports;

/// <summary>Reads byte ranges of one stored object, all of the same version of it.</summary>
public interface IRangeSource
{
    /// <summary>Length of the object in bytes.</summary>
    long Length { get; }

    /// <summary>Fills the whole buffer from an offset.</summary>
    /// <exception cref="IntegrityException">The object is shorter than offset + buffer, or changed since it was opened.</exception>
    ValueTask ReadAsync(long offset, Memory<byte> destination, CancellationToken cancellationToken);
}
