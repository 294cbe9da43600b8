require 'openssl'

module Webhook
  TOLERANCE_S = 5 * 60

  class InvalidSignature < StandardError; end

  # Returns when the request was signed with the secret, and raises InvalidSignature when it was not.
  def self.verify(secret, id:, timestamp:, signature:, raw_body:)
    key = secret.delete_prefix('whsec_').unpack1('m0')
    # Whoever knows that it is empty can sign.
    raise ArgumentError, 'the secret is empty' if key.empty?

    seconds = Integer(timestamp.to_s, 10, exception: false)
    unless seconds && (Time.now.to_i - seconds).abs <= TOLERANCE_S
      raise InvalidSignature, 'the timestamp is more than five minutes off'
    end

    hmac = OpenSSL::HMAC.new(key, 'SHA256')
    hmac << "#{id}.#{timestamp}." << raw_body
    expected = "v1,#{[hmac.digest].pack('m0')}"
    return if signature.to_s.split.any? { |given| OpenSSL.secure_compare(given, expected) }

    raise InvalidSignature, 'no signature is right'
  end
end
