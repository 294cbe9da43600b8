require_relative '../../../docs/guides/verify/verify'

def judge(secret, id, timestamp, signature, raw_body)
  Webhook.verify(secret, id: id, timestamp: timestamp, signature: signature, raw_body: raw_body)
  'accepted'
rescue Webhook::InvalidSignature
  'refused'
rescue StandardError
  'failed'
end

$stdin.each_line(chomp: true) do |line|
  puts judge(*line.split("\t", -1).map { |field| field == '-' ? nil : field.unpack1('m0') })
end
